#include "tests/unit/bgp/codec.h"

#include <ctype.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static unsigned digit(char c)
{
	const char *digits = "0123456789abcdef";
	const char *at = c ? strchr(digits, c) : NULL;
	if (!at) {
		fprintf(stderr, "not a hex digit: %c\n", c);
		abort();
	}
	return (unsigned)(at - digits);
}

void bytes_add(struct bytes *out, const void *bytes, size_t len)
{
	if (len > sizeof(out->b) - out->len)
		abort();
	memcpy(out->b + out->len, bytes, len);
	out->len += len;
}

void bytes_hex(struct bytes *out, const char *hex)
{
	for (; *hex; hex++) {
		if (*hex == ' ')
			continue;
		uint8_t high = (uint8_t)(digit(hex[0]) << 4);
		uint8_t b = (uint8_t)(high | digit(*++hex));
		bytes_add(out, &b, 1);
	}
}

void bytes_u16(struct bytes *out, size_t v)
{
	uint8_t b[2] = {(uint8_t)(v >> 8), (uint8_t)v};
	bytes_add(out, b, 2);
}

uint8_t *bytes_exact(const void *bytes, size_t len)
{
	uint8_t *copy = malloc(len ? len : 1);
	if (!copy)
		abort();
	if (len)
		memcpy(copy, bytes, len);
	return copy;
}

void bytes_update(struct bytes *out, const char *withdrawn, const char *attrs, const char *nlri)
{
	struct bytes w = {.len = 0}, a = {.len = 0};
	bytes_hex(&w, withdrawn);
	bytes_hex(&a, attrs);
	out->len = 0;
	bytes_u16(out, w.len);
	bytes_add(out, w.b, w.len);
	bytes_u16(out, a.len);
	bytes_add(out, a.b, a.len);
	bytes_hex(out, nlri);
}

const struct bgp_frame_rules bgp_frame_plain = {0};

struct bgp_update_session session_of(enum kind kind)
{
	const uint32_t both = BGP_FAMILY_IPV4 | BGP_FAMILY_IPV6;
	static const struct bgp_update_session sessions[KIND_N] = {
		[E4] = {true, true, 65001, both, false, 0, 0},
		[E2] = {false, true, 65001, both, false, 0, 0},
		[I4] = {true, false, 65000, both, false, 0, 0},
		[I2] = {false, false, 65000, both, false, 0, 0},
		[E4_V4] = {true, true, 65001, BGP_FAMILY_IPV4, false, 0, 0},
		[E4_V6] = {true, true, 65001, BGP_FAMILY_IPV6, false, 0, 0},
		[E4_NH6] = {true, true, 65001, both, false, BGP_FAMILY_IPV4, 0},
		[E4_IDS] = {true, true, 65001, both, false, 0, both},
	};
	return sessions[kind];
}

static char text[16384];
static size_t text_len;

static void __attribute__((format(printf, 1, 2))) add(const char *format, ...)
{
	va_list ap;
	if (text_len)
		text[text_len++] = ' ';
	va_start(ap, format);
	int n = vsnprintf(text + text_len, sizeof(text) - text_len, format, ap);
	va_end(ap);
	if (n < 0 || (size_t)n >= sizeof(text) - text_len - 1)
		abort();
	text_len += (size_t)n;
}

static void add_hex(const char *name, struct attr_bytes b)
{
	if (b.len == 0)
		return;
	add("%s", name);
	for (size_t i = 0; i < b.len; i++)
		text_len += (size_t)snprintf(text + text_len, 3, "%02x", b.bytes[i]);
}

static const char *id_text(const struct bgp_nlri *n)
{
	static char id[16];
	snprintf(id, sizeof(id), "%u:", n->id);
	return n->has_ids ? id : "";
}

static void add_prefixes(const struct bgp_update *u)
{
	char p[PREFIX_TEXT_MAX], nh[ADDR_TEXT_MAX];
	struct prefix prefix;
	for (int i = 0; i < 2; i++) {
		struct bgp_nlri n = u->withdrawn[i];
		while (bgp_nlri_next(&n, &prefix))
			add("-%s%s", id_text(&n), prefix_text(prefix, p));
	}
	for (int i = 0; i < 2; i++) {
		struct bgp_nlri n = u->reachable[i];
		while (bgp_nlri_next(&n, &prefix))
			add("+%s%s@%s", id_text(&n), prefix_text(prefix, p),
				addr_text(u->next_hop[i], nh));
	}
	if (u->next_hop_link_local.family)
		add("ll=%s", addr_text(u->next_hop_link_local, nh));
}

static void add_attrs(const struct attr_view *v)
{
	static char part[8192];
	char a[ADDR_TEXT_MAX];
	struct attr_store *store = attr_store_new(1);
	const struct attrs *set = attr_get(store, v, addr_v4(0), addr_v4(0));
	add("origin=%u path=%s", v->origin, attr_path_text(set, part, sizeof(part)));
	if (v->has_med)
		add("med=%u", v->med);
	if (v->has_local_pref)
		add("lp=%u", v->local_pref);
	if (v->atomic_aggregate)
		add("atomic");
	if (v->has_aggregator)
		add("agg=%u/%s", v->aggregator_as, addr_text(v->aggregator, a));
	if (v->communities.len)
		add("com=%s", attr_communities_text(set, part, sizeof(part)));
	add_hex("ext=", v->ext_communities);
	if (v->large_communities.len)
		add("large=%s", attr_large_communities_text(set, part, sizeof(part)));
	if (v->has_originator_id)
		add("id=%s", addr_text(v->originator_id, a));
	if (v->has_otc)
		add("otc=%u", v->otc);
	add_hex("clu=", v->cluster_list);
	attr_put(store, set);
	attr_store_free(store);
}

const char *update_text(const struct bgp_update *u)
{
	text_len = 0;
	text[0] = 0;
	add_prefixes(u);
	if (u->action < BGP_UPDATE_WITHDRAW && (u->reachable[0].len || u->reachable[1].len))
		add_attrs(&u->attrs);
	if (u->end_of_rib)
		add("eor=%u", u->end_of_rib);
	return text;
}

static size_t nlri_walk(struct bgp_nlri n)
{
	struct prefix p;
	size_t count = 0;
	for (; bgp_nlri_next(&n, &p); count++) {
		if (p.len > addr_bits(n.family) || !prefix_equal(p, prefix_make(p.addr, p.len)))
			abort();
	}
	if (n.len)
		abort(); /* a checked field has no rest */
	return count;
}

size_t update_walk(const struct bgp_update *u)
{
	static struct attr_store *store;
	size_t count = 0;
	if (!store)
		store = attr_store_new(7);
	for (int i = 0; i < 2; i++)
		count += nlri_walk(u->withdrawn[i]) + nlri_walk(u->reachable[i]);
	if (u->action >= BGP_UPDATE_WITHDRAW)
		return count;
	const struct attrs *a = attr_get(store, &u->attrs, u->next_hop[0], u->next_hop_link_local);
	const struct attrs *b = attr_get(store, &u->attrs, u->next_hop[0], u->next_hop_link_local);
	if (!a || a != b || attr_store_count(store) != 1)
		abort();
	attr_put(store, a);
	attr_put(store, b);
	if (attr_store_count(store) != 0)
		abort();
	return count;
}
