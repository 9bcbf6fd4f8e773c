/*
 * What fib told bgp about the links and addresses of the host, and what it still has to tell. fib
 * process, pure.
 *
 * An entry that changed is `dirty` until it was sent, so a bgp that does not read costs no memory
 * beyond one entry for each link and address, and gets the newest state in the end.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

#include "rib/fib/channel.h"

struct hostview_link {
	struct fib_link link;
	bool dirty;
	bool told; /* bgp knows it */
	bool seen; /* in the dump that runs */
};

struct hostview_address {
	struct fib_address address;
	bool dirty;
	bool told;
	bool seen;
};

struct hostview {
	struct hostview_link *link; /* sorted by ifindex */
	size_t link_n;
	struct hostview_address *address; /* sorted by ifindex, address, length */
	size_t address_n;
	bool dirty; /* some entry is */
};

void hostview_link(struct hostview *v, const struct fib_link *l);
void hostview_address(struct hostview *v, const struct fib_address *a);
const struct fib_link *hostview_find_link(const struct hostview *v, uint32_t ifindex); /* or NULL */
/* Around a whole dump: what it did not mention is gone. */
void hostview_dump_begin(struct hostview *v);
void hostview_dump_end(struct hostview *v);
/* Up to `max` dirty entries, links before addresses. They stay dirty until hostview_told(). */
size_t hostview_dirty_links(const struct hostview *v, struct fib_link *out, size_t max);
size_t hostview_dirty_addresses(const struct hostview *v, struct fib_address *out, size_t max);
/* The first n dirty entries were sent. */
void hostview_links_told(struct hostview *v, size_t n);
void hostview_addresses_told(struct hostview *v, size_t n);
void hostview_free(struct hostview *v);
