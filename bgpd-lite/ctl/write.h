/*
 * JSON written straight as text, for replies of very many items: a json_t for each of their fields
 * would cost more than all else. bgp process. Pure.
 *
 * Objects are opened with "{" and closed with "}" by the caller; the comma before a field comes by
 * itself. What is no valid UTF-8 is shown with \xNN, as put.h does.
 */
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "bgpd-lite/ctl/text.h"
#include "conf/conf.h"
#include "lib/addr.h"
#include "rib/host.h"

/* `"key":`; a value must follow. */
void write_key(struct text *t, const char *key);
void write_text(struct text *t, const char *key, const char *value); /* NULL: null */
void write_number(struct text *t, const char *key, uint64_t n);
void write_null(struct text *t, const char *key);
void write_bool(struct text *t, const char *key, bool b);
void write_addr(struct text *t, const char *key, struct addr a); /* ADDR_NONE: null */
/* Name of the interface, "#7" where it is not known any more; null for 0. */
void write_interface(struct text *t, const char *key, const struct host *h, uint32_t ifindex);
/* "FILE:LINE", FILE alone for a default, null without a file */
void write_origin(struct text *t, const char *key, struct conf_origin origin);
