/*
 * UPDATE cases as rows: three fields of the body in hex, and what must come of them.
 */
#pragma once

#include "tests/unit/bgp/codec.h"

#define A BGP_UPDATE_ACCEPT
#define D BGP_UPDATE_DISCARD_ATTRIBUTE
#define W BGP_UPDATE_WITHDRAW
#define R BGP_UPDATE_RESET

struct update_case {
	const char *name;
	enum kind kind;
	const char *withdrawn, *attrs, *nlri;
	enum bgp_update_action action;
	uint8_t subcode;   /* of a reset */
	uint8_t attribute; /* of the strongest fault, if there is one */
	const char *why;   /* of the strongest fault; NULL: there is none */
	const char *text;  /* update_text(); NULL: not looked at */
	const char *data;  /* of a reset, hex; NULL: not looked at */
};

/* Pieces in hex: 65001 is fde9, 10.1.0.0/16, next hop 10.0.0.1. */
#define ORIGIN    "400101 00 "
#define PATH      "400206 0201 0000fde9 "
#define PATH2     "400204 0201 fde9 "
#define NH        "400304 0a000001 "
#define BASE      ORIGIN PATH NH
#define BASE2     ORIGIN PATH2 NH
#define NET       "10 0a01 "
#define NET_OK    "+10.1.0.0/16@10.0.0.1 origin=0 path=65001"
#define NET_W     "+10.1.0.0/16@10.0.0.1"
#define NH6       "20010db8 00000000 00000000 00000001 "
#define LL6       "fe800000 00000000 00000000 00000002 "
#define REACH6    "800e1a 0002 01 10 " NH6 "00 20 20010db9 "
#define REACH6_OK "+2001:db9::/32@2001:db8::1 origin=0 path=65001"

extern const struct update_case update_attribute_cases[], update_as_cases[], update_message_cases[];
extern const size_t update_attribute_cases_n, update_as_cases_n, update_message_cases_n;
