/*
 * The words of enumerations, as users of other routing daemons know them. Pure. bgp process.
 */
#pragma once

#include <stdint.h>

#include "bgpd-lite/bgp/msg.h"
#include "conf/conf.h"
#include "rib/follow.h"
#include "rib/rib.h"

const char *words_bfd_state(uint8_t state); /* "Up"; "unknown" for what is no state */
const char *words_bfd_diag(uint8_t diag);   /* "control detection time expired" */
const char *words_bfd_auth(uint8_t type);   /* "keyed-md5"; "" for none */
const char *words_route_state(enum rib_state s);
const char *words_follow_fate(enum rib_follow_fate f);
const char *words_origin(uint8_t origin);      /* "igp", "egp", "incomplete" */
const char *words_capability(uint8_t code);    /* "route-refresh"; NULL: no name is known */
const char *words_drift(uint32_t cause);       /* enum fib_drift_cause: "deleted" ... */
const char *words_drift_long(uint32_t cause);  /* "another program deleted the route" ... */
const char *words_fib_cause(uint32_t cause);   /* "bfd", "session" */
const char *words_message_type(unsigned type); /* enum bgp_type: "update"; 0: "all" */
/* What became of an UPDATE with a fault: "attribute-discard". */
const char *words_update_action(enum bgp_update_action action);
const char *words_graceful(enum conf_graceful mode);
const char *words_limit_action(enum conf_limit_action action); /* as in the configuration */
