/*
 * What bgp knows of this host's links and addresses, as the fib process tells it. Pure.
 *
 * Used to resolve next hops to interfaces, to find VRF devices and their tables, to refuse own
 * addresses and to choose a router id. Small (hundreds of entries): arrays and linear search.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/addr.h"
#include "rib/fib/channel.h"

struct host;
struct host *host_new(void);
void host_free(struct host *h);

/* Messages of the channel. True when something changed. Unknown or contradictory ones are harmless.
 */
bool host_link_set(struct host *h, const struct fib_link *l);
bool host_address_set(struct host *h, const struct fib_address *a);

/* NULL where there is none. Borrowed until the next change. */
const struct fib_link *host_link_by_index(const struct host *h, uint32_t ifindex);
const struct fib_link *host_link_by_name(const struct host *h, const char *name);
bool host_link_usable(const struct fib_link *l); /* up and with carrier */
/* ifindex of the VRF device the link is in; 0: none, the default VRF */
uint32_t host_link_vrf(const struct host *h, uint32_t ifindex);
const struct fib_link *host_vrf_by_table(const struct host *h, uint32_t table);

/* The interface of that VRF (device ifindex, 0: default VRF) with the longest connected prefix that
 * has the address: its ifindex, or 0. *connected is then that prefix. Own addresses of the VRF give
 * 0 and *own. ifindex_hint: the interface for link-local addresses, which resolve to it alone. */
uint32_t host_resolve(const struct host *h, uint32_t vrf_ifindex, struct addr a,
	uint32_t ifindex_hint, struct prefix *connected, bool *own);
bool host_is_own(const struct host *h, struct addr a); /* on any link, not tentative */
/* First usable address of that family on the link: global, else link-local (v6), else loopback. */
bool host_link_address(
	const struct host *h, uint32_t ifindex, enum addr_family family, struct addr *out);
/* Local address on the same link as the peer's: which one would be used to talk to it. */
bool host_source_for(const struct host *h, uint32_t ifindex, struct addr peer, struct addr *out);
/* Highest IPv4 on a loopback link that is not 127/8, else highest elsewhere. */
bool host_router_id(const struct host *h, struct addr *out);
/* The same of a family in a VRF (device ifindex, 0: default VRF); no link-local one. */
bool host_vrf_address(
	const struct host *h, uint32_t vrf_ifindex, enum addr_family family, struct addr *out);
size_t host_links(const struct host *h, const struct fib_link **links);
size_t host_addresses(const struct host *h, const struct fib_address **addresses);
