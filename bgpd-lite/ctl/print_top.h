/*
 * The page of `top`. The client.
 */
#pragma once

#include <jansson.h>

#include "bgpd-lite/ctl/text.h"

/* page: of top.c. The busiest neighbours come first. */
void print_top(const json_t *page, struct text *out);
