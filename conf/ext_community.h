/*
 * Extended communities (RFC 4360) as people write them. Pure.
 *
 *   rt AS:N, rt ADDRESS:N    route target
 *   soo AS:N, soo ADDRESS:N  site of origin
 *   0x0123456789abcdef       the eight octets themselves
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "lib/ext_community.h"

/* words: n of them. False: they are none; *out is undefined then. */
bool conf_ext_community_read(char *const *words, size_t n, struct ext_community *out);
