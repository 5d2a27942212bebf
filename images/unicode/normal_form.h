#ifndef NORMAL_FORM_H
#define NORMAL_FORM_H

#include <stdbool.h>

/*
 * Write text (UTF-8) into result in a normal form of Unicode: composed (NFC), or
 * decomposed (NFD). Returns false if it is not UTF-8, or result is too small.
 */
bool normal_form(const char *text, bool composed, char *result, int size);

#endif
