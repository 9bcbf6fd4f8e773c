/*
 * Values that are lists: items parted by commas, words of an item by blanks. Pure.
 */
#pragma once

#include "conf/value.h"

/* Appends the items of text to *v. False and reported where one is wrong. */
bool conf_list_read(struct conf_report *r, enum conf_key key, const char *text, unsigned line,
	struct conf_value *v);
