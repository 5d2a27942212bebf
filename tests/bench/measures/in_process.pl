# perl -T in_process.pl FILE TIMES SECONDS: scans the message in FILE in this very
# process, as spamd would (-T, as it and spamassassin(1) have it), after some scans to
# warm up. Prints the CPU time of a scan in seconds: the mean of TIMES scans, or of as
# many as end within SECONDS.
use strict;
use warnings;

use Mail::SpamAssassin;
use Time::HiRes qw(clock_gettime CLOCK_MONOTONIC CLOCK_PROCESS_CPUTIME_ID);

my ($file, $times, $seconds) = @ARGV;

my $filter = Mail::SpamAssassin->new({
    site_rules_filename  => '/live/current',
    userprefs_filename   => '/dev/null',
    dont_copy_prefs      => 1,
    home_dir_for_helpers => '/tmp',
});
$filter->compile_now(0);

open my $handle, '<', $file or die "$file: $!";
my $text = do { local $/; <$handle> };
$text =~ s/\r?\n/\r\n/g;
# What our milter puts in front of it.
my $trace = "X-Envelope-From: <carol\@outside.test>\r\n"
    . "Received: from mx.outside.test (mx.outside.test [192.0.2.7])\r\n"
    . "\tby mail.example.test (Postfix) with ESMTP id 4BENCH;\r\n"
    . "\tTue, 24 Nov 2026 10:00:01 +0000\r\n";

sub scan {
    my $message = $filter->parse($trace . $text);
    my $status  = $filter->check($message);
    $status->finish;
    $message->finish;
}

scan() for 1 .. 3;
my $end   = clock_gettime(CLOCK_MONOTONIC) + $seconds;
my $began = clock_gettime(CLOCK_PROCESS_CPUTIME_ID);
my $done  = 0;
while ($done < $times && clock_gettime(CLOCK_MONOTONIC) < $end) {
    scan();
    $done++;
}
printf "%.6f\n", (clock_gettime(CLOCK_PROCESS_CPUTIME_ID) - $began) / $done;
