# Judges the DKIM signatures of the message on the first path by Mail::DKIM, which
# shares no code with the library of our signer. The public keys are in the JSON file
# on the second path, by name. Prints a line for each signature: algorithm, verdict.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::Verifier;
use Net::DNS;

my ($message, $records) = @ARGV;
open(my $json, '<', $records) or die $!;
my $published = decode_json(do { local $/; <$json> });

# No name server is asked.
no warnings 'redefine';
*Mail::DKIM::DNS::query = sub {
    my ($name) = @_;
    my $text = $published->{$name} // return;
    return Net::DNS::RR->new(
        owner => $name, type => 'TXT', txtdata => [ unpack('(a255)*', $text) ]);
};

open(my $mail, '<:raw', $message) or die $!;
my $verifier = Mail::DKIM::Verifier->new();
while (<$mail>) {
    s/\r?\n$/\r\n/;
    $verifier->PRINT($_);
}
$verifier->CLOSE;
print $_->algorithm, ' ', $_->result_detail, "\n" for $verifier->signatures;
