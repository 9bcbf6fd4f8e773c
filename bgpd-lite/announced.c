#include "bgpd-lite/announced.h"

#include <stdlib.h>

#include "lib/wire.h"
#include "rib/as_path.h"

enum {
	BYTES_MAX = UINT16_MAX,
};

static struct attr_bytes path_bytes(uint32_t as, uint8_t times, struct wr *w)
{
	size_t at = wr_len(w);

	if (times) {
		wr_u8(w, AS_SEGMENT_SEQUENCE);
		wr_u8(w, times);
	}
	for (uint8_t i = 0; i < times; i++)
		wr_u32(w, as);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static struct attr_bytes community_bytes(const struct conf_announcement *c, struct wr *w)
{
	size_t at = wr_len(w);

	for (size_t i = 0; i < c->communities_n; i++)
		wr_u32(w, c->communities[i]);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static struct attr_bytes ext_community_bytes(
	const struct conf_announcement *c, uint32_t as, struct wr *w)
{
	size_t at = wr_len(w);

	for (size_t i = 0; i < c->ext_communities_n; i++)
		wr_bytes(w, c->ext_communities[i].octet, sizeof(c->ext_communities[i].octet));
	if (c->link_bandwidth) {
		struct ext_community link =
			ext_community_of_bandwidth(as, (float)c->link_bandwidth / 8);
		wr_bytes(w, link.octet, sizeof(link.octet));
	}
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

static struct attr_bytes large_community_bytes(const struct conf_announcement *c, struct wr *w)
{
	size_t at = wr_len(w);

	for (size_t i = 0; i < c->large_communities_n; i++)
		for (size_t k = 0; k < 3; k++)
			wr_u32(w, c->large_communities[i].number[k]);
	return (struct attr_bytes){w->base + at, (uint16_t)(wr_len(w) - at)};
}

const struct attrs *announced_attrs(
	struct attr_store *store, const struct conf_announcement *c, uint32_t as)
{
	static uint8_t bytes[BYTES_MAX];
	struct wr w = wr_init(bytes, sizeof(bytes));
	struct attr_view v = {.origin = ATTR_ORIGIN_IGP,
		.has_med = c->has_med,
		.med = c->med,
		.has_local_pref = c->has_local_preference,
		.local_pref = c->local_preference};

	v.as_path = path_bytes(as, c->as_path_prepend, &w);
	v.communities = community_bytes(c, &w);
	v.ext_communities = ext_community_bytes(c, as, &w);
	v.large_communities = large_community_bytes(c, &w);
	const struct attrs *attrs = attr_get(
		store, &v, (struct addr){.family = ADDR_NONE}, (struct addr){.family = ADDR_NONE});
	if (!attrs || w.err)
		abort(); /* the configuration has limits, so this is a lack of memory */
	return attrs;
}
