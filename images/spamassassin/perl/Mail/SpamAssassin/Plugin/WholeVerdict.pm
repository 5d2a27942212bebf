# Returns a verdict only if all rules have been tried.
#
# SpamAssassin reports TIME_LIMIT_EXCEEDED if the time runs out while it tries a group of
# rules. But if that happens while it parses the message, waits for an answer or combines
# results, the alarm ends Plugin::Check, and its caller goes on as if nothing were missing:
# the score so far, most likely none, counts as the verdict. The same holds for whatever
# else ends Plugin::Check early.
package Mail::SpamAssassin::Plugin::WholeVerdict;

use strict;
use warnings;

use Mail::SpamAssassin::Internals;
use Mail::SpamAssassin::PerMsgStatus;

use parent 'Mail::SpamAssassin::Plugin';

Mail::SpamAssassin::Internals::require_functions(
    'Mail::SpamAssassin::PerMsgStatus', qw(check check_cleanup));

my $check   = \&Mail::SpamAssassin::PerMsgStatus::check;
my $cleanup = \&Mail::SpamAssassin::PerMsgStatus::check_cleanup;

{
    no warnings 'redefine';
    # Plugin::Check calls it when "all rule hits must be registered".
    *Mail::SpamAssassin::PerMsgStatus::check_cleanup = sub {
        my ($status) = @_;
        $cleanup->(@_);
        $status->{all_rules_tried} = 1;
    };
    *Mail::SpamAssassin::PerMsgStatus::check = sub {
        my ($status) = @_;
        # The first message is one that spamd, or --lint, scans when it starts.
        Mail::SpamAssassin::Internals::require_fields(
            $status, qw(deadline_exceeded test_names_hit));
        $check->(@_);
        if ($status->{deadline_exceeded}) {
            my $hits = $status->{test_names_hit};
            push @$hits, 'TIME_LIMIT_EXCEEDED'
                unless grep { $_ eq 'TIME_LIMIT_EXCEEDED' } @$hits;
        }
        elsif (!$status->{all_rules_tried}) {
            # spamd hangs up without a verdict.
            die "not all rules could be tried\n";
        }
    };
}

1;
