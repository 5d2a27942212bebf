# For a spamd without preferences of users: what one message is judged by is true of all.
#
# After each message spamd puts its configuration back, in case that the preferences of
# a user have changed it. That costs as much as a fifth of a scan, as thousands of scores
# are copied, and with --nouser-config there is nothing to put back.
package Mail::SpamAssassin::Plugin::OneConfiguration;

use strict;
use warnings;

use Mail::SpamAssassin;
use Mail::SpamAssassin::Internals;

use parent 'Mail::SpamAssassin::Plugin';

Mail::SpamAssassin::Internals::require_functions('Mail::SpamAssassin', 'copy_config');

{
    no warnings 'redefine';
    *Mail::SpamAssassin::copy_config = sub { return 1 };
}

1;
