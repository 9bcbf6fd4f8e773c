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
