/* Attributes one by one: RFC 7606 7, flags, lengths, duplicates. */
#include "tests/unit/bgp/update_cases.h"

/* An attribute in front of the base, on plain IPv4. */
#define EXTRA(name, kind, hex, action, type, why, text)                         \
	{                                                                       \
		name, kind, "", BASE hex, NET, action, 0, type, why, text, NULL \
	}
#define EXTRA2(name, kind, hex, action, type, why, text)                         \
	{                                                                        \
		name, kind, "", BASE2 hex, NET, action, 0, type, why, text, NULL \
	}
#define INSTEAD(name, kind, hex, action, type, why, text)                  \
	{                                                                  \
		name, kind, "", hex, NET, action, 0, type, why, text, NULL \
	}
#define FLAG "wrong optional or transitive flag"
#define N4   "length 0 or not n x 4"

const struct update_case update_attribute_cases[] = {
	INSTEAD("plain route", E4, BASE, A, 0, NULL, NET_OK),
	INSTEAD("any order", E4, NH PATH ORIGIN, A, 0, NULL, NET_OK),
	INSTEAD("2 octets", E2, BASE2, A, 0, NULL, NET_OK),
	INSTEAD("extended length of a short value", E4, "500100 0100" PATH NH, A, 0, NULL, NET_OK),
	INSTEAD("low nibble of the flags", E4, "4f0101 00" PATH NH, A, 0, NULL, NET_OK),
	INSTEAD("partial on a well-known one", E4, "600101 00" PATH NH, A, 0, NULL, NET_OK),
	/* ORIGIN */
	INSTEAD("ORIGIN EGP", E4, "400101 01" PATH NH, A, 0, NULL, NET_W " origin=1 path=65001"),
	INSTEAD("ORIGIN incomplete", I4, "400101 02" PATH NH, A, 0, NULL,
		NET_W " origin=2 path=65001"),
	INSTEAD("ORIGIN 3", E4, "400101 03" PATH NH, W, 1, "value over 2", NET_W),
	INSTEAD("ORIGIN 255 iBGP", I4, "400101 ff" PATH NH, W, 1, "value over 2", NET_W),
	INSTEAD("ORIGIN empty", E4, "400100" PATH NH, W, 1, "length not 1", NET_W),
	INSTEAD("ORIGIN of 2", I4, "400102 0000" PATH NH, W, 1, "length not 1", NET_W),
	INSTEAD("ORIGIN missing", E4, PATH NH, W, 1, "missing", NET_W),
	INSTEAD("ORIGIN optional", E4, "c00101 00" PATH NH, W, 1, FLAG, NET_W),
	INSTEAD("ORIGIN not transitive", I4, "000101 00" PATH NH, W, 1, FLAG, NET_W),
	INSTEAD("ORIGIN twice, the first counts", E4, ORIGIN "400101 02" PATH NH, D, 1, "again",
		NET_OK),
	INSTEAD("ORIGIN twice, the second malformed", E4, ORIGIN "400102 0000" PATH NH, D, 1,
		"again", NET_OK),
	/* NEXT_HOP */
	INSTEAD("NEXT_HOP missing", E4, ORIGIN PATH, W, 3, "missing", "+10.1.0.0/16@-"),
	INSTEAD("NEXT_HOP of 3", E4, ORIGIN PATH "400303 0a0000", W, 3, "length not 4", NULL),
	INSTEAD("NEXT_HOP of 5", I4, ORIGIN PATH "400305 0a00000101", W, 3, "length not 4", NULL),
	INSTEAD("NEXT_HOP of 16", E4, ORIGIN PATH "400310" NH6, W, 3, "length not 4", NULL),
	INSTEAD("NEXT_HOP optional", E4, ORIGIN PATH "c00304 0a000001", W, 3, FLAG, NET_W),
	INSTEAD("NEXT_HOP 0.0.0.0", E4, ORIGIN PATH "400304 00000000", W, 3, "impossible next hop",
		NULL),
	INSTEAD("NEXT_HOP 0.1.2.3", E4, ORIGIN PATH "400304 00010203", W, 3, "impossible next hop",
		NULL),
	INSTEAD("NEXT_HOP 127.0.0.1", I4, ORIGIN PATH "400304 7f000001", W, 3,
		"impossible next hop", NULL),
	INSTEAD("NEXT_HOP 224.0.0.1", E4, ORIGIN PATH "400304 e0000001", W, 3,
		"impossible next hop", NULL),
	INSTEAD("NEXT_HOP 240.0.0.1", E4, ORIGIN PATH "400304 f0000001", W, 3,
		"impossible next hop", NULL),
	INSTEAD("NEXT_HOP broadcast", E4, ORIGIN PATH "400304 ffffffff", W, 3,
		"impossible next hop", NULL),
	INSTEAD("NEXT_HOP 223.255.255.255", E4, ORIGIN PATH "400304 dfffffff", A, 0, NULL,
		"+10.1.0.0/16@223.255.255.255 origin=0 path=65001"),
	INSTEAD("NEXT_HOP 1.0.0.0", E4, ORIGIN PATH "400304 01000000", A, 0, NULL,
		"+10.1.0.0/16@1.0.0.0 origin=0 path=65001"),
	EXTRA("NEXT_HOP twice", E4, "400304 0a000002", D, 3, "again", NET_OK),
	/* MULTI_EXIT_DISC */
	EXTRA("MED", E4, "800404 00000007", A, 0, NULL, NET_OK " med=7"),
	EXTRA("MED 0 is there", E4, "800404 00000000", A, 0, NULL, NET_OK " med=0"),
	EXTRA("MED of 3", E4, "800403 000007", W, 4, "length not 4", NET_W),
	EXTRA("MED of 5", I4, "800405 0000000700", W, 4, "length not 4", NET_W),
	EXTRA("MED empty", E4, "800400", W, 4, "length not 4", NET_W),
	EXTRA("MED transitive", E4, "c00404 00000007", W, 4, FLAG, NET_W),
	EXTRA("MED well-known", E4, "400404 00000007", W, 4, FLAG, NET_W),
	EXTRA("MED twice", E4, "800404 00000007 800404 00000008", D, 4, "again", NET_OK " med=7"),
	/* LOCAL_PREF */
	EXTRA("LOCAL_PREF iBGP", I4, "400504 000000c8", A, 0, NULL, NET_OK " lp=200"),
	EXTRA("LOCAL_PREF eBGP", E4, "400504 000000c8", D, 5, "not allowed from outside", NET_OK),
	EXTRA("LOCAL_PREF eBGP malformed", E4, "400501 00", D, 5, "not allowed from outside",
		NET_OK),
	EXTRA("LOCAL_PREF eBGP wrong flags", E4, "800504 000000c8", D, 5,
		"not allowed from outside", NET_OK),
	EXTRA("LOCAL_PREF iBGP of 3", I4, "400503 0000c8", W, 5, "length not 4", NET_W),
	EXTRA("LOCAL_PREF iBGP of 5", I4, "400505 0000c80000", W, 5, "length not 4", NET_W),
	EXTRA("LOCAL_PREF iBGP optional", I4, "c00504 000000c8", W, 5, FLAG, NET_W),
	/* ATOMIC_AGGREGATE */
	EXTRA("ATOMIC_AGGREGATE", E4, "400600", A, 0, NULL, NET_OK " atomic"),
	EXTRA("ATOMIC_AGGREGATE of 1", E4, "400601 00", D, 6, "length not 0", NET_OK),
	EXTRA("ATOMIC_AGGREGATE of 1 iBGP", I4, "400601 00", D, 6, "length not 0", NET_OK),
	EXTRA("ATOMIC_AGGREGATE optional", E4, "c00600", W, 6, FLAG, NET_W),
	/* AGGREGATOR */
	EXTRA("AGGREGATOR", E4, "c00708 0000fdea 01020304", A, 0, NULL,
		NET_OK " agg=65002/1.2.3.4"),
	EXTRA("AGGREGATOR of 6, 4 octets", E4, "c00706 fdea 01020304", D, 7, "length not 8",
		NET_OK),
	EXTRA("AGGREGATOR of 7", I4, "c00707 0000fdea 010203", D, 7, "length not 6 or 8", NET_OK),
	EXTRA("AGGREGATOR of 10", E4, "c0070a 0000fdea 01020304 0000", D, 7, "length not 8",
		NET_OK),
	EXTRA("AGGREGATOR empty", E4, "c00700", D, 7, "length not 6 or 8", NET_OK),
	EXTRA("AGGREGATOR AS 0", E4, "c00708 00000000 01020304", D, 7, "AS 0", NET_OK),
	EXTRA("AGGREGATOR well-known", E4, "400708 0000fdea 01020304", W, 7, FLAG, NET_W),
	EXTRA2("AGGREGATOR 2 octets", E2, "c00706 fdea 01020304", A, 0, NULL,
		NET_OK " agg=65002/1.2.3.4"),
	EXTRA2("AGGREGATOR of 8, 2 octets", E2, "c00708 0000fdea 01020304", D, 7, "length not 6",
		NET_OK),
	EXTRA2("AGGREGATOR AS 0, 2 octets", E2, "c00706 0000 01020304", D, 7, "AS 0", NET_OK),
	/* COMMUNITIES */
	EXTRA("COMMUNITIES", E4, "c00808 fde90064 ffffff01", A, 0, NULL,
		NET_OK " com=65001:100 65535:65281"),
	EXTRA("COMMUNITIES empty", E4, "c00800", W, 8, N4, NET_W),
	EXTRA("COMMUNITIES of 3", E4, "c00803 fde900", W, 8, N4, NET_W),
	EXTRA("COMMUNITIES of 5", I4, "c00805 fde9006400", W, 8, N4, NET_W),
	EXTRA("COMMUNITIES not transitive", E4, "800804 fde90064", W, 8, FLAG, NET_W),
	EXTRA("COMMUNITIES partial", E4, "e00804 fde90064", A, 0, NULL, NET_OK " com=65001:100"),
	EXTRA("COMMUNITIES twice", E4, "c00804 fde90064 c00804 fde90065", D, 8, "again",
		NET_OK " com=65001:100"),
	/* ORIGINATOR_ID, CLUSTER_LIST */
	EXTRA("ORIGINATOR_ID iBGP", I4, "800904 01020304", A, 0, NULL, NET_OK " id=1.2.3.4"),
	EXTRA("ORIGINATOR_ID iBGP of 3", I4, "800903 010203", W, 9, "length not 4", NET_W),
	EXTRA("ORIGINATOR_ID iBGP of 8", I4, "800908 0102030401020304", W, 9, "length not 4",
		NET_W),
	EXTRA("ORIGINATOR_ID eBGP", E4, "800904 01020304", D, 9, "not allowed from outside",
		NET_OK),
	EXTRA("ORIGINATOR_ID eBGP of 3", E4, "800903 010203", D, 9, "not allowed from outside",
		NET_OK),
	EXTRA("CLUSTER_LIST iBGP", I4, "800a08 01020304 05060708", A, 0, NULL,
		NET_OK " clu=0102030405060708"),
	EXTRA("CLUSTER_LIST iBGP empty", I4, "800a00", W, 10, N4, NET_W),
	EXTRA("CLUSTER_LIST iBGP of 6", I4, "800a06 010203040506", W, 10, N4, NET_W),
	EXTRA("CLUSTER_LIST eBGP", E4, "800a04 01020304", D, 10, "not allowed from outside",
		NET_OK),
	EXTRA("CLUSTER_LIST eBGP empty", E4, "800a00", D, 10, "not allowed from outside", NET_OK),
	/* EXTENDED COMMUNITIES, LARGE_COMMUNITY, OTC */
	EXTRA("EXT_COMMUNITIES", E4, "c01008 0002fde900000064", A, 0, NULL,
		NET_OK " ext=0002fde900000064"),
	EXTRA("EXT_COMMUNITIES empty", E4, "c01000", W, 16, "length 0 or not n x 8", NET_W),
	EXTRA("EXT_COMMUNITIES of 4", I4, "c01004 0002fde9", W, 16, "length 0 or not n x 8", NET_W),
	EXTRA("EXT_COMMUNITIES of 9", E4, "c01009 0002fde90000006400", W, 16,
		"length 0 or not n x 8", NET_W),
	EXTRA("LARGE_COMMUNITY", E4, "c0200c 0000fde9 00000001 ffffffff", A, 0, NULL,
		NET_OK " large=65001:1:4294967295"),
	EXTRA("LARGE_COMMUNITY empty", E4, "c02000", W, 32, "length 0 or not n x 12", NET_W),
	EXTRA("LARGE_COMMUNITY of 11", E4, "c0200b 0000fde9 00000001 ffffff", W, 32,
		"length 0 or not n x 12", NET_W),
	EXTRA("LARGE_COMMUNITY of 13", I4, "c0200d 0000fde9 00000001 ffffffff 00", W, 32,
		"length 0 or not n x 12", NET_W),
	EXTRA("LARGE_COMMUNITY well-known", E4, "40200c 0000fde9 00000001 ffffffff", W, 32, FLAG,
		NET_W),
	EXTRA("OTC", E4, "c02304 0000fde9", A, 0, NULL, NET_OK),
	EXTRA("OTC of 3", E4, "c02303 00fde9", W, 35, "length not 4", NET_W),
	EXTRA("OTC of 5 iBGP", I4, "c02305 0000fde900", W, 35, "length not 4", NET_W),
	/* unknown attributes */
	EXTRA("unknown optional transitive", E4, "c0f003 010203", A, 0, NULL, NET_OK),
	EXTRA("unknown optional", E4, "80f003 010203", A, 0, NULL, NET_OK),
	EXTRA("unknown optional empty", I4, "80f000", A, 0, NULL, NET_OK),
	EXTRA("unknown optional twice", E4, "c0f001 01 c0f001 02", D, 240, "again", NET_OK),
	{"unknown well-known", E4, "", BASE "40f002 0102", NET, R, 2, 240,
		"unknown well-known attribute", "", "40f0020102"},
	{"unknown without any flag", I4, "", BASE "00f000", NET, R, 2, 240,
		"unknown well-known attribute", "", "00f000"},
	{"unknown well-known of type 0", E4, "", "400000" BASE, NET, R, 2, 0,
		"unknown well-known attribute", "", "400000"},
	/* strongest wins */
	EXTRA("discard and withdraw", E4, "400601 00 800400", W, 4, "length not 4", NET_W),
	EXTRA("withdraw and discard", E4, "800400 400601 00", W, 4, "length not 4", NET_W),
	{"withdraw and reset", E4, "", "400101 09" PATH NH "40f000", NET, R, 2, 240,
		"unknown well-known attribute", "", "40f000"},
	{"reset and withdraw", E4, "", "40f000 400101 09" PATH NH, NET, R, 2, 240,
		"unknown well-known attribute", "", "40f000"},
	EXTRA("withdraw behind eight discards", E4,
		"400600 400600 400600 400600 400600 400600 400600 400600 400600 400600 800400", W,
		4, "length not 4", NET_W),
};
const size_t update_attribute_cases_n =
	sizeof(update_attribute_cases) / sizeof(update_attribute_cases[0]);
