#ifndef A_LABELS_H
#define A_LABELS_H

#include <stdbool.h>

/* Octets of a domain name (RFC 1035, section 2.3.4), with the zero at the end. */
enum { NAME_SIZE = 256 };

/*
 * Write domain into name as the accounts have it: in lower case, as A-labels (RFC 5890),
 * from any case and normal form. Returns false if it can't be a domain name.
 */
bool a_labels(const char *domain, char name[NAME_SIZE]);

#endif
