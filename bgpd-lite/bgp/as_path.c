#include <limits.h>

#include "bgpd-lite/bgp/decode.h"
#include "rib/as_path.h"

/* Where a path came from decides what may stand in it. */
struct path_rules {
	uint8_t as_size;
	bool sets;   /* AS_SET and AS_CONFED_SET are refused (RFC 9774) unless true */
	bool confed; /* confederation segments are allowed */
};

static const char *segment_check(struct as_segment *s, struct path_rules rules)
{
	if (s->type < AS_SEGMENT_SET || s->type > AS_SEGMENT_CONFED_SET)
		return "segment type unknown";
	if (s->n == 0)
		return "segment empty";
	if (as_segment_is_confed(s) && !rules.confed)
		return "confederation segment from outside";
	if (as_segment_is_set(s) && !rules.sets)
		return "AS_SET";
	for (unsigned i = 0; i < s->n; i++) {
		if (as_segment_number(s) == 0)
			return "AS 0";
	}
	return NULL;
}

/* NULL: well-formed. */
static const char *path_check(struct rd path, struct path_rules rules)
{
	struct as_segment s;
	const char *why = NULL;
	while (!why && as_segment_next(&path, rules.as_size, &s))
		why = segment_check(&s, rules);
	return why ? why : path.err ? "segment cut short" : NULL;
}

static bool path_has_set(struct rd path)
{
	struct as_segment s;
	while (as_segment_next(&path, 4, &s)) {
		if (as_segment_is_set(&s))
			return true;
	}
	return false;
}

static struct attr_bytes bytes_left(const struct rd *value)
{
	return (struct attr_bytes){.bytes = value->p, .len = (uint16_t)rd_left(value)};
}

static struct rd bytes_reader(struct attr_bytes b)
{
	return rd_init(b.bytes, b.len);
}

struct verdict as_path_parse(struct update_decode *d, struct rd *value)
{
	struct path_rules rules = {.as_size = d->session->as4 ? 4 : 2, .confed = !d->session->ebgp};
	const char *why = path_check(*value, rules);
	if (why)
		return (struct verdict){why, BGP_UPDATE_ACCEPT, BGP_UPDATE_AS_PATH};
	d->as_path = bytes_left(value);
	return (struct verdict){0};
}

/* RFC 6793 6: confederation segments in it are passed over; RFC 9774 3: a set is refused. */
struct verdict as4_path_parse(struct update_decode *d, struct rd *value)
{
	const char *why = path_check(*value, (struct path_rules){4, true, true});
	if (why)
		return (struct verdict){why, BGP_UPDATE_ACCEPT, BGP_UPDATE_OPTIONAL};
	if (path_has_set(*value))
		return (struct verdict){"AS_SET", BGP_UPDATE_WITHDRAW, BGP_UPDATE_AS_PATH};
	d->as4_path = bytes_left(value);
	return (struct verdict){0};
}

static void segment_widen(struct as_segment *s, unsigned n, struct wr *w)
{
	wr_u8(w, s->type);
	wr_u8(w, (uint8_t)n);
	for (unsigned i = 0; i < n; i++)
		wr_u32(w, as_segment_number(s));
}

/* The leading part of a path of 2-octet numbers that counts `length`, widened. Confederation
 * segments at its front or next to what was taken come along (RFC 6793 4.2.3). */
static void path_widen(struct rd path, unsigned length, struct wr *w)
{
	struct as_segment s;
	while (as_segment_next(&path, 2, &s)) {
		unsigned n = s.n;
		if (as_segment_length(&s) > length)
			n = length;
		if (n == 0)
			return;
		segment_widen(&s, n, w);
		if (!as_segment_is_confed(&s))
			length -= as_segment_is_set(&s) ? 1 : n;
	}
}

static void as4_path_append(struct rd path, struct wr *w)
{
	struct as_segment s;
	while (as_segment_next(&path, 4, &s)) {
		if (!as_segment_is_confed(&s))
			segment_widen(&s, s.n, w);
	}
}

/* What attr_get() has to hold. */
static size_t parts_len(const struct attr_view *v)
{
	return (size_t)v->as_path.len + v->communities.len + v->ext_communities.len +
	       v->large_communities.len + v->cluster_list.len;
}

/* Only an extended message (RFC 8654) of a 2-octet peer can hold what is too long then. */
static void path_merge(struct update_decode *d)
{
	struct bgp_update *out = d->out;
	struct wr w = wr_init(out->scratch, sizeof(out->scratch));
	struct rd old = bytes_reader(d->as_path);
	struct rd as4 = bytes_reader(d->as4_path);
	unsigned old_length = as_path_length(old, 2);
	unsigned as4_length = as_path_length(as4, 4);
	if (as4_length == 0 || as4_length > old_length) {
		path_widen(old, UINT_MAX, &w);
	} else {
		path_widen(old, old_length - as4_length, &w);
		as4_path_append(as4, &w);
	}
	out->attrs.as_path =
		(struct attr_bytes){.bytes = out->scratch, .len = (uint16_t)wr_len(&w)};
	if (w.err || parts_len(&out->attrs) > UINT16_MAX) {
		d->span = (struct attr_bytes){0};
		update_fault(d, BGP_ATTRIBUTE_AS_PATH,
			(struct verdict){
				"too long in 4 octets", BGP_UPDATE_WITHDRAW, BGP_UPDATE_AS_PATH});
	}
}

void as_path_finish(struct update_decode *d)
{
	struct attr_view *view = &d->out->attrs;
	if (d->session->as4) {
		view->as_path = d->as_path;
		return;
	}
	if (d->has_as4_aggregator && view->has_aggregator) {
		if (view->aggregator_as == BGP_AS_TRANS) {
			view->aggregator_as = d->as4_aggregator_as;
			view->aggregator = d->as4_aggregator;
		} else {
			d->as4_path = (struct attr_bytes){0};
		}
	}
	path_merge(d);
}
