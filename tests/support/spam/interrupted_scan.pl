# Scans messages with the rules and plugins of the filter, and has something happen at a
# point where no rule is being tried. Prints a line for each: what happened, and the
# names of the tests, or why there is no verdict.
use strict;
use warnings;

use Mail::SpamAssassin;
use Time::HiRes qw(time);

my $filter = Mail::SpamAssassin->new({
    site_rules_filename  => '/live/current',
    userprefs_filename   => '/dev/null',
    dont_copy_prefs      => 1,
    home_dir_for_helpers => '/tmp',
    post_config_text     => "time_limit 2\n",
});
$filter->compile_now(0);

my %happens = (
    nothing => sub { },
    time    => sub { my $end = time + 4; 1 while time < $end },
    fault   => sub { die "a fault\n" },
);

for my $what (qw(nothing time fault)) {
    no warnings 'redefine';
    my $taken_apart = \&Mail::SpamAssassin::PerMsgStatus::extract_message_metadata;
    local *Mail::SpamAssassin::PerMsgStatus::extract_message_metadata = sub {
        $happens{$what}->();
        $taken_apart->(@_);
    };
    my $message = $filter->parse("From: a\@outside.test\nSubject: x\n\nUntil then.\n");
    my $status  = eval { $filter->check($message) };
    print "$what: ", ($status ? $status->get_names_of_tests_hit : $@) =~ s/\n//r, "\n";
}
