# Judges the DKIM signatures of the message on the first path by Mail::DKIM, which
# shares no code with the library of our signer. The public keys are in the JSON file
# on the second path, by name. Prints a line for each signature: algorithm, verdict. With
# a third argument, arc, prints the verdict on the ARC chain instead.
use strict;
use warnings;
use JSON::PP;
use Mail::DKIM::ARC::Verifier;
use Mail::DKIM::Verifier;
use Net::DNS;

my ($message, $records, $kind) = (@ARGV, 'dkim');
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
my $class = $kind eq 'arc' ? 'Mail::DKIM::ARC::Verifier' : 'Mail::DKIM::Verifier';
my $verifier = $class->new();
while (<$mail>) {
    s/\r?\n$/\r\n/;
    $verifier->PRINT($_);
}
$verifier->CLOSE;
if ($kind eq 'arc') {
    print $verifier->result_detail, "\n";
    exit;
}
print $_->algorithm, ' ', $_->result_detail, "\n" for $verifier->signatures;
