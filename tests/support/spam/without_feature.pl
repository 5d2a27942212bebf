# without_feature.pl MODULE WHAT: reads the filter's configuration with a SpamAssassin that lacks
# WHAT of its MODULE, a function or, in braces, a field of each object. Says so if it
# gets as far as to scan with it.
use strict;
use warnings;

use Mail::SpamAssassin;

my ($module, $what) = map { /^([\w:{}]+)$/ } @ARGV;
eval "require $module" or die $@;
{
    no strict 'refs';
    no warnings 'redefine';
    if ($what =~ /^\{(\w+)\}$/) {
        my ($field, $new) = ($1, \&{"${module}::new"});
        *{"${module}::new"} = sub { my $made = $new->(@_); delete $made->{$field}; $made };
    }
    else {
        undef &{"${module}::$what"};
    }
}
my $filter = Mail::SpamAssassin->new({
    site_rules_filename  => '/live/current',
    userprefs_filename   => '/dev/null',
    dont_copy_prefs      => 1,
    home_dir_for_helpers => '/tmp',
    post_config_text     => "bayes_sql_dsn dbi:SQLite:dbname=/tmp/none.db\n",
});
$filter->compile_now(0);
print "it scans\n";
