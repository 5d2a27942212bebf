# Bayes in SQLite: SpamAssassin's own SQL store, which learns a message whole or not at all.
#
# That store writes each token of a message by itself, and takes no notice of errors. Cut
# off in between, or on a full disk, it would leave half a message, and count that half
# twice when the message is given to it again. Reading, and so scanning, stays as it is.
package Mail::SpamAssassin::BayesStore::SQLite;

use strict;
use warnings;

use Mail::SpamAssassin::Internals;

use parent 'Mail::SpamAssassin::BayesStore::SQL';

Mail::SpamAssassin::Internals::require_functions(
    'Mail::SpamAssassin::BayesStore::SQL',
    qw(tie_db_writable nspam_nham_change cleanup untie_db));

# Without a database nothing is learnt, which would pass for "knew that already".
sub tie_db_writable {
    my ($self) = @_;
    return $self->SUPER::tie_db_writable() || die "bayes: the database can't be used\n";
}

# The first thing that learning, and forgetting, writes.
sub nspam_nham_change {
    my ($self, @changes) = @_;
    $self->{_dbh}->{RaiseError} = 1;
    $self->{_dbh}->begin_work();
    return $self->SUPER::nspam_nham_change(@changes);
}

# The last thing that both do.
sub cleanup {
    my ($self) = @_;
    my $done = $self->SUPER::cleanup();
    $self->{_dbh}->commit() if $self->_learning();
    return $done;
}

# Where an error leads to.
sub untie_db {
    my ($self) = @_;
    $self->{_dbh}->rollback() if $self->_learning();
    return $self->SUPER::untie_db();
}

sub _learning {
    my ($self) = @_;
    return $self->{_dbh} && !$self->{_dbh}->{AutoCommit};
}

1;
