#ifndef NORMAL_FORM_H
#define NORMAL_FORM_H

#include <stdbool.h>

/*
 * Put text, in UTF-8, into result in a normal form of Unicode: composed (NFC), or
 * decomposed (NFD). False: it is not UTF-8, or result has not room enough.
 */
bool normal_form(const char *text, bool composed, char *result, int size);

#endif
