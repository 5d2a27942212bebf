# scores.pl FILE...: prints the score of each message, with the rules that ask nobody.
use strict;
use warnings;

use Mail::SpamAssassin;

my $filter = Mail::SpamAssassin->new({
    site_rules_filename  => '/live/current',
    userprefs_filename   => '/dev/null',
    dont_copy_prefs      => 1,
    home_dir_for_helpers => '/tmp',
    local_tests_only     => 1,
});
$filter->compile_now(0);

for my $file (@ARGV) {
    open my $handle, '<', $file or die "$file: $!";
    my $message = $filter->parse($handle);
    my $status  = $filter->check($message);
    printf "%s %.3f\n", $file, $status->get_score;
    $status->finish;
    $message->finish;
}
