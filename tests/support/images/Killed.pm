# perl -MKilled=N PROGRAM: kills the program before its Nth change of a folder, from 0.
package Killed;
use strict;
use warnings;

sub import {
    my (undef, $left) = @_;
    my $step = sub { kill KILL => $$ if !$left--; };
    no strict 'refs';
    *CORE::GLOBAL::rename = sub ($$) { $step->(); CORE::rename($_[0], $_[1]) };
    *CORE::GLOBAL::mkdir  = sub ($$) { $step->(); CORE::mkdir($_[0], $_[1]) };
    *CORE::GLOBAL::rmdir  = sub ($)  { $step->(); CORE::rmdir($_[0]) };
    *CORE::GLOBAL::unlink = sub (@)  { $step->(); CORE::unlink(@_) };
}

1;
