"""What tests share: servers, certificates, messages, faults."""
