# Checks that SpamAssassin has the internal functions and fields that our modules need.
#
# SpamAssassin leaves out a plugin that dies while it is loaded, with a mere warning. So this
# ends the whole program: spamd doesn't start, spamassassin --lint fails.
package Mail::SpamAssassin::Internals;

use strict;
use warnings;

use Mail::SpamAssassin;

# What our modules were written for: $Mail::SpamAssassin::VERSION.
my $WRITTEN_FOR = '4.000001';

# require_functions($package, @names): what the caller replaces, wraps or overrides.
sub require_functions {
    my ($package, @names) = @_;
    my @missing = grep { !defined &{"${package}::$_"} } @names;
    return refuse(scalar caller, map { "${package}::$_ is missing" } @missing);
}

# require_fields($object, @names): what the caller reads of an object's own.
sub require_fields {
    my ($object, @names) = @_;
    my @missing = grep { !exists $object->{$_} } @names;
    return refuse(scalar caller, map { ref($object) . " has no $_" } @missing);
}

sub refuse {
    my ($module, @faults) = @_;
    return if !@faults;
    my $faults = join ', ', @faults;
    print {*STDERR} "not starting: SpamAssassin $Mail::SpamAssassin::VERSION is not as",
        " $module needs it: $faults; go back to the image with SpamAssassin",
        " $WRITTEN_FOR, or adapt $module\n";
    exit 1;
}

1;
