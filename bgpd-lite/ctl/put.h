/*
 * Setters for JSON objects that are built field by field. bgp process.
 *
 * What is no valid UTF-8 is shown with \xNN. A lack of memory leaves the field out.
 */
#pragma once

#include <jansson.h>
#include <stdbool.h>
#include <stdint.h>

#include "conf/conf.h"
#include "lib/addr.h"
#include "rib/host.h"

void put_text(json_t *o, const char *key, const char *text); /* NULL text: null */
void put_number(json_t *o, const char *key, uint64_t n);
void put_bool(json_t *o, const char *key, bool b);
void put_addr(json_t *o, const char *key, struct addr a); /* ADDR_NONE: null */
/* microseconds as milliseconds: 50, 33.333 */
void put_us_as_ms(json_t *o, const char *key, uint64_t us);
/* Seconds from then to now, both of one clock in ms; null where then is 0. */
void put_age_s(json_t *o, const char *key, uint64_t then_ms, uint64_t now_ms);
/* Name of the interface, "#7" where it is not known any more; null for 0. */
void put_interface(json_t *o, const char *key, const struct host *h, uint32_t ifindex);
/* "FILE:LINE", FILE alone for a default, null without a file */
void put_origin(json_t *o, const char *key, struct conf_origin origin);
/* ["ipv4", "ipv6"] of BGP_FAMILY_* (CONF_FAMILY_* are the same bits) */
void put_families(json_t *o, const char *key, uint32_t families);
