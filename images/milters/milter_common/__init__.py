"""What our milters share: how they listen, how they log, how they are asked."""
