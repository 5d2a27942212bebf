# Bayes in SQLite: SpamAssassin's own SQL store, with one transaction for each message.
#
# That store writes each token by itself, and ignores errors. Interrupted, or on a full disk,
# it would keep half of a message, and count that half twice when the message is learnt
# again. Reading, and so scanning, is unchanged.
package Mail::SpamAssassin::BayesStore::SQLite;

use strict;
use warnings;

use Mail::SpamAssassin::Internals;

use parent 'Mail::SpamAssassin::BayesStore::SQL';

Mail::SpamAssassin::Internals::require_functions(
    'Mail::SpamAssassin::BayesStore::SQL',
    qw(tie_db_writable nspam_nham_change cleanup untie_db));

# Without a database nothing would be learnt, which would look like "already learnt".
sub tie_db_writable {
    my ($self) = @_;
    return $self->SUPER::tie_db_writable() || die "bayes: the database can't be used\n";
}

# The first write of learning and of forgetting.
sub nspam_nham_change {
    my ($self, @changes) = @_;
    $self->{_dbh}->{RaiseError} = 1;
    $self->{_dbh}->begin_work();
    return $self->SUPER::nspam_nham_change(@changes);
}

# The last step of both.
sub cleanup {
    my ($self) = @_;
    my $done = $self->SUPER::cleanup();
    $self->{_dbh}->commit() if $self->_learning();
    return $done;
}

# The step after an error.
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
