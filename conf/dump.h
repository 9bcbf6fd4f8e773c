/*
 * A snapshot as text: every value in force with the place it comes from. Pure.
 *
 * It has the form of the files, "key = value ; FILE:LINE"; of several chains of one neighbour each
 * stands in a line of its own with its contributor. No secrets: a password's file is named only.
 */
#pragma once

#include "conf/conf.h"

/* The caller frees it. */
char *conf_dump(const struct conf *c);
/* What two dumps differ in, apart from the places: "- line" is only in the first, "+ line" only in
 * the second, "  [section]" stands before lines of a section that both have. "" where they are the
 * same. The caller frees it. */
char *conf_dump_diff(const char *before, const char *after);
