/* BFD profiles: the sections, and what several files that ask for BFD with one neighbour get. */
#include "conf/snapshot.h"

#include <stdio.h>
#include <string.h>

static void set_keys(const struct conf_picked *p, struct conf_bfd_profile *out)
{
	const struct conf_value *v = conf_picked_value(p, CONF_KEY_BFD_KEY, NULL);
	for (; v && out->keys_n < v->items_n; out->keys_n++)
		out->keys[out->keys_n] =
			(struct conf_bfd_key){v->items[out->keys_n].id, v->items[out->keys_n].name};
}

static struct conf_bfd_profile make_profile(const struct conf_picked *p, const char *name)
{
	struct conf_bfd_profile out = {.name = name,
		.origin = conf_picked_origin(p),
		.origins = conf_picked_origins(p),
		.transmit_interval_us =
			(uint32_t)conf_picked_number(p, CONF_KEY_BFD_TRANSMIT_INTERVAL),
		.receive_interval_us =
			(uint32_t)conf_picked_number(p, CONF_KEY_BFD_RECEIVE_INTERVAL),
		.detect_multiplier = (uint8_t)conf_picked_number(p, CONF_KEY_BFD_DETECT_MULTIPLIER),
		.passive = conf_picked_number(p, CONF_KEY_BFD_PASSIVE),
		.minimum_ttl = (uint8_t)conf_picked_number(p, CONF_KEY_BFD_MINIMUM_TTL),
		.zero_checksum = conf_picked_number(p, CONF_KEY_BFD_ZERO_CHECKSUM),
		.up_delay_s = (uint16_t)conf_picked_number(p, CONF_KEY_BFD_UP_DELAY),
		.up_delay_maximum_s =
			(uint16_t)conf_picked_number(p, CONF_KEY_BFD_UP_DELAY_MAXIMUM),
		.authentication = (uint8_t)conf_picked_number(p, CONF_KEY_BFD_AUTHENTICATION)};
	set_keys(p, &out);
	return out;
}

void conf_snapshot_profiles(struct conf_merge *m, struct conf *c)
{
	size_t n, neighbors_n;
	struct conf_ref *refs = conf_merge_refs(m, CONF_SECTION_BFD_PROFILE, &n);
	struct conf_picked none = {.merge = m, .kind = CONF_SECTION_BFD_PROFILE};
	conf_merge_refs(m, CONF_SECTION_NEIGHBOR, &neighbors_n); /* each may get one of its own */
	c->profiles = conf_arena_alloc(m->arena, (n + 1 + neighbors_n) * sizeof(*c->profiles));
	c->profiles[c->profiles_n++] = make_profile(&none, "default");
	for (size_t i = 0; i < n; i++) {
		struct conf_picked p = {.merge = m,
			.kind = CONF_SECTION_BFD_PROFILE,
			.refs = &refs[i],
			.refs_n = 1};
		struct conf_source_section *s = refs[i].section;
		s->index = c->profiles_n;
		c->profiles[c->profiles_n++] = make_profile(&p, s->name);
		if (c->profiles[s->index].detect_multiplier == 1)
			conf_report_warning(&refs[i].party->now->report,
				conf_source_value(s, CONF_KEY_BFD_DETECT_MULTIPLIER)->line,
				"detect-multiplier is 1: one lost packet takes the session down");
	}
}

/* The profile that one file's section of a neighbour names; NULL: none. */
static const struct conf_bfd_profile *profile_of(
	const struct conf *c, const struct conf_merge *m, const struct conf_ref *ref)
{
	const struct conf_value *v = conf_source_value(ref->section, CONF_KEY_NEIGHBOR_BFD_PROFILE);
	if (!v->line)
		return NULL;
	const struct conf_party *party =
		conf_template_user(ref->section)
			? conf_template_holder(ref, CONF_KEY_NEIGHBOR_BFD_PROFILE).party
			: ref->party;
	struct conf_ref found = conf_merge_lookup(m, party, CONF_SECTION_BFD_PROFILE, v->text);
	return &c->profiles[found.section ? found.section->index : 0];
}

static bool same_timers(const struct conf_bfd_profile *a, const struct conf_bfd_profile *b)
{
	return a->transmit_interval_us == b->transmit_interval_us &&
	       a->receive_interval_us == b->receive_interval_us &&
	       a->detect_multiplier == b->detect_multiplier;
}

static void take_timer(
	struct conf_origin *origins, const struct conf_bfd_profile *from, enum conf_key key)
{
	size_t i = key - conf_sections[CONF_SECTION_BFD_PROFILE].first;
	origins[i] = from->origins[i];
}

/* Each timer of b that is more aggressive goes into a. */
static void take_faster(
	struct conf_bfd_profile *a, struct conf_origin *origins, const struct conf_bfd_profile *b)
{
	if (b->transmit_interval_us < a->transmit_interval_us) {
		a->transmit_interval_us = b->transmit_interval_us;
		take_timer(origins, b, CONF_KEY_BFD_TRANSMIT_INTERVAL);
	}
	if (b->receive_interval_us < a->receive_interval_us) {
		a->receive_interval_us = b->receive_interval_us;
		take_timer(origins, b, CONF_KEY_BFD_RECEIVE_INTERVAL);
	}
	if (b->detect_multiplier < a->detect_multiplier) {
		a->detect_multiplier = b->detect_multiplier;
		take_timer(origins, b, CONF_KEY_BFD_DETECT_MULTIPLIER);
	}
}

static const char *joined_name(const struct conf_merge *m, const char *a, const char *b)
{
	size_t size = strlen(a) + strlen(b) + 4;
	char *name = conf_arena_alloc(m->arena, size);
	snprintf(name, size, "%s + %s", a, b);
	return name;
}

/* A profile of the neighbour's own, made of the first's. */
static struct conf_bfd_profile *join(
	struct conf *c, const struct conf_merge *m, const struct conf_bfd_profile *first)
{
	struct conf_bfd_profile *own = &c->profiles[c->profiles_n++];
	size_t n = conf_sections[CONF_SECTION_BFD_PROFILE].keys_n;
	struct conf_origin *origins = conf_arena_alloc(m->arena, n * sizeof(*origins));
	*own = *first;
	memcpy(origins, first->origins, n * sizeof(*origins));
	own->origins = origins;
	return own;
}

const struct conf_bfd_profile *conf_snapshot_bfd(struct conf *c, const struct conf_picked *p)
{
	const struct conf_bfd_profile *out = NULL;
	struct conf_bfd_profile *own = NULL;
	bool of_owner = p->refs[0].party->owner;
	for (size_t i = 0; i < p->refs_n; i++) {
		const struct conf_bfd_profile *b = of_owner && !p->refs[i].party->owner
							   ? NULL
							   : profile_of(c, p->merge, &p->refs[i]);
		if (!b || !out) {
			out = out ? out : b;
			continue;
		}
		if (same_timers(out, b))
			continue;
		if (!own)
			out = own = join(c, p->merge, out);
		own->name = joined_name(p->merge, own->name, b->name);
		take_faster(own, (struct conf_origin *)own->origins, b);
	}
	return out;
}
