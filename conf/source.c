#include "conf/source.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>

#include "conf/reader.h"
#include "conf/peer.h"

const struct conf_value *conf_source_own(const struct conf_source_section *s, enum conf_key key)
{
	return &s->values[key - conf_sections[s->kind].first];
}

const struct conf_value *conf_source_value(const struct conf_source_section *s, enum conf_key key)
{
	while (s->template && !conf_source_own(s, key)->line)
		s = s->template;
	return conf_source_own(s, key);
}

unsigned conf_source_line(const struct conf_source_section *s, enum conf_key key)
{
	unsigned line = conf_source_own(s, key)->line;
	return line || !s->template ? line : conf_source_own(s, CONF_KEY_NEIGHBOR_TEMPLATE)->line;
}

const char *conf_source_title(struct conf_arena *a, const struct conf_source_section *s)
{
	return conf_arena_format(
		a, "[%s%s%s]", conf_sections[s->kind].name, *s->name ? " " : "", s->name);
}

static bool glob_ok(const char *text)
{
	return *text && strlen(text) < 64 && !strpbrk(text, " /");
}

/* The argument, or false where it is none of its kind. */
static bool read_argument(
	struct conf_report *r, unsigned line, const char *text, struct conf_source_section *s)
{
	const struct conf_section_row *row = &conf_sections[s->kind];
	bool ok = true;
	s->name = text;
	switch (s->kind) {
	case CONF_SECTION_MATCH:
	case CONF_SECTION_BGP:
	case CONF_SECTION_KERNEL:
	case CONF_SECTION_CONTROL:
		ok = !*text;
		break;
	case CONF_SECTION_VRF:
	case CONF_SECTION_BFD_PROFILE:
	case CONF_SECTION_PREFIX_LIST:
	case CONF_SECTION_POLICY:
	case CONF_SECTION_TEMPLATE:
	case CONF_SECTION_RULE:
	case CONF_SECTION_ANNOUNCE:
		ok = conf_name_ok(text);
		break;
	case CONF_SECTION_INTERFACE:
		ok = conf_interface_ok(text);
		break;
	case CONF_SECTION_CONTRIBUTOR:
		ok = glob_ok(text);
		break;
	case CONF_SECTION_NEIGHBOR:
		return conf_peer_read(r, line, text, s);
	case CONF_SECTIONS_N:
		return false;
	}
	if (!ok)
		conf_report_error(r, line, "[%s%s%s] must be written [%s%s%s]", row->name,
			*text ? " " : "", text, row->name, row->argument ? " " : "",
			row->argument ? row->argument : "");
	return ok;
}

static const char *lower(struct conf_arena *a, const char *text)
{
	char *s = conf_arena_copy(a, text, strlen(text));
	for (char *p = s; *p; p++)
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	return s;
}

static void report_unknown_section(struct conf_report *r, unsigned line, const char *kind)
{
	enum conf_section_kind known;
	const char *low = lower(r->arena, kind);
	if (conf_section_find(low, &known)) {
		conf_report_error(r, line, "section [%s] must be in lower case: [%s]", kind, low);
		return;
	}
	const char *near = conf_section_nearest(low);
	if (near)
		conf_report_error(r, line, "unknown section [%s]; did you mean [%s]?", kind, near);
	else
		conf_report_error(r, line,
			"unknown section [%s]; known are match, bgp, vrf, bfd-profile, "
			"prefix-list, "
			"policy, interface, neighbor, template, rule, announce, kernel, "
			"control, contributor",
			kind);
}

static void report_unknown_key(
	struct conf_report *r, unsigned line, enum conf_section_kind kind, const char *key)
{
	enum conf_key known;
	const char *section = conf_sections[kind].name;
	const char *low = lower(r->arena, key);
	if (conf_key_find(kind, low, &known)) {
		conf_report_error(r, line, "key '%s' must be in lower case: '%s'", key, low);
		return;
	}
	const char *near = conf_key_nearest(kind, low);
	if (near)
		conf_report_error(r, line, "unknown key '%s' in [%s]; did you mean '%s'?", key,
			section, near);
	else
		conf_report_error(r, line,
			"unknown key '%s' in [%s]; `bgpd-lite --help-config %s` lists the known "
			"ones",
			key, section, section);
}

static bool key_allowed(struct conf_report *r, unsigned line, enum conf_key key,
	const struct conf_source_section *s)
{
	bool in_default = s->kind == CONF_SECTION_VRF && strcmp(s->name, "default") == 0;
	if (!in_default || (key != CONF_KEY_VRF_DEVICE && key != CONF_KEY_VRF_FALLTHROUGH))
		return true;
	conf_report_error(r, line, "'%s' cannot be set in [vrf default]", conf_keys[key].name);
	return false;
}

static void read_items(
	struct conf_report *r, const struct conf_reader_section *in, struct conf_source_section *s)
{
	const struct conf_section_row *row = &conf_sections[s->kind];
	for (size_t i = 0; i < in->items_n; i++) {
		const struct conf_reader_item *item = &in->items[i];
		enum conf_key key;
		if (!conf_key_find(s->kind, item->key, &key))
			report_unknown_key(r, item->line, s->kind, item->key);
		else if (key_allowed(r, item->line, key, s))
			(void)conf_value_read(
				r, key, item->value, item->line, &s->values[key - row->first]);
	}
}

void conf_source_check_neighbor(struct conf_report *r, const struct conf_source_section *s)
{
	const struct conf_value *keepalive = conf_source_value(s, CONF_KEY_NEIGHBOR_KEEPALIVE_TIME);
	const struct conf_value *ttl = conf_source_value(s, CONF_KEY_NEIGHBOR_TTL_SECURITY);
	const struct conf_value *source = conf_source_value(s, CONF_KEY_NEIGHBOR_UPDATE_SOURCE);
	uint64_t hold = conf_value_number(
		conf_source_value(s, CONF_KEY_NEIGHBOR_HOLD_TIME), CONF_KEY_NEIGHBOR_HOLD_TIME);
	uint64_t hops = conf_value_number(conf_source_value(s, CONF_KEY_NEIGHBOR_EBGP_MULTIHOP),
		CONF_KEY_NEIGHBOR_EBGP_MULTIHOP);
	if (keepalive->line && hold && keepalive->number >= hold)
		conf_report_error(r, conf_source_line(s, CONF_KEY_NEIGHBOR_KEEPALIVE_TIME),
			"keepalive-time is '%s'; must be shorter than hold-time (%" PRIu64 "s)",
			keepalive->text, hold);
	if (ttl->line && ttl->number && hops > 1)
		conf_report_error(r, conf_source_line(s, CONF_KEY_NEIGHBOR_TTL_SECURITY),
			"ttl-security and ebgp-multihop exclude each other; leave one out");
	uint8_t family = s->address.family ? s->address.family : (uint8_t)ADDR_V6;
	if (hops > 1 && !s->address.family)
		conf_report_error(r, conf_source_line(s, CONF_KEY_NEIGHBOR_EBGP_MULTIHOP),
			"ebgp-multihop is %" PRIu64
			"; a neighbour named by its interface is one hop away",
			hops);
	if (source->addr.family && source->addr.family != family)
		conf_report_error(r, conf_source_line(s, CONF_KEY_NEIGHBOR_UPDATE_SOURCE),
			"update-source is '%s'; must be of the neighbour's family (IPv%u)",
			source->text, family);
}

/* Sources, a VRF, and destinations of a family of the sources. */
static void check_rule(struct conf_report *r, const struct conf_source_section *s)
{
	static const enum conf_key needed[] = {CONF_KEY_RULE_FROM, CONF_KEY_RULE_TO_VRF};
	const struct conf_value *from = conf_source_value(s, CONF_KEY_RULE_FROM);
	const struct conf_value *to = conf_source_value(s, CONF_KEY_RULE_TO);
	for (size_t i = 0; i < 2; i++)
		if (!conf_source_value(s, needed[i])->line)
			conf_report_error(r, s->line, "[rule %s] has no %s; set it", s->name,
				conf_keys[needed[i]].name);
	char text[PREFIX_TEXT_MAX];
	for (size_t i = 0; to->line && i < from->items_n; i++) {
		bool pair = false;
		for (size_t j = 0; j < to->items_n; j++)
			pair |= to->items[j].rule.prefix.addr.family ==
				from->items[i].rule.prefix.addr.family;
		if (!pair)
			conf_report_error(r, from->items[i].line,
				"[rule %s]: to has no prefix of the family of '%s'", s->name,
				prefix_text(from->items[i].rule.prefix, text));
	}
}

static void check_policy(struct conf_report *r, const struct conf_source_section *s)
{
	const struct conf_value *action = conf_source_value(s, CONF_KEY_POLICY_ACTION);
	static const enum conf_key sets[] = {CONF_KEY_POLICY_SET_LOCAL_PREFERENCE,
		CONF_KEY_POLICY_SET_MED, CONF_KEY_POLICY_SET_SOURCE,
		CONF_KEY_POLICY_SET_KERNEL_METRIC};
	const struct conf_value *source = conf_source_value(s, CONF_KEY_POLICY_SET_SOURCE);
	if (!action->line)
		conf_report_error(
			r, s->line, "[policy %s] has no action; set permit, deny or next", s->name);
	for (size_t i = 0; i < sizeof(sets) / sizeof(sets[0]); i++) {
		const struct conf_value *v = conf_source_value(s, sets[i]);
		if (v->line && action->line && action->number == CONF_ACTION_DENY)
			conf_report_error(r, v->line, "[policy %s] denies; %s has no meaning there",
				s->name, conf_keys[sets[i]].name);
	}
	for (size_t i = 1; i < source->items_n; i++)
		for (size_t j = 0; j < i; j++)
			if (source->items[i].addr.family == source->items[j].addr.family)
				conf_report_error(r, source->items[i].line,
					"[policy %s]: set-source has two addresses of a family",
					s->name);
}

static void check_alone(struct conf_report *r, const struct conf_source_section *s)
{
	/* with a template when that is known */
	if (s->kind == CONF_SECTION_NEIGHBOR &&
		!conf_source_own(s, CONF_KEY_NEIGHBOR_TEMPLATE)->line)
		conf_source_check_neighbor(r, s);
	if (s->kind == CONF_SECTION_RULE)
		check_rule(r, s);
	if (s->kind == CONF_SECTION_POLICY)
		check_policy(r, s);
	if (s->kind == CONF_SECTION_BFD_PROFILE && strcmp(s->name, "default") == 0)
		conf_report_error(r, s->line,
			"the profile named default is built in (300ms, 300ms, 3); choose another "
			"name");
}

static void read_section(struct conf_source *out, const struct conf_reader_section *in, bool first)
{
	struct conf_arena *a = out->report.arena;
	struct conf_report *r = &out->report;
	const char *blank = strchr(in->text, ' ');
	size_t kind_len = blank ? (size_t)(blank - in->text) : strlen(in->text);
	const char *kind = conf_arena_copy(a, in->text, kind_len);
	struct conf_source_section s = {
		.file = r->file, .line = in->line, .interface = "", .vrf = "default"};
	if (!conf_section_find(kind, &s.kind)) {
		report_unknown_section(r, in->line, kind);
		return;
	}
	s.values = conf_arena_alloc(a, conf_sections[s.kind].keys_n * sizeof(*s.values));
	bool named = read_argument(r, in->line, blank ? blank + 1 : "", &s);
	read_items(r, in, &s);
	if (!named)
		return;
	if (s.kind == CONF_SECTION_MATCH && !first)
		conf_report_error(r, s.line, "[match] must be the first section of its file");
	check_alone(r, &s);
	*CONF_PUSH(a, out->sections, out->sections_n) = s;
}

static int compare(const struct conf_source_section *a, const struct conf_source_section *b)
{
	if (a->kind != b->kind)
		return a->kind < b->kind ? -1 : 1;
	return strcmp(a->name, b->name);
}

static int compare_with_line(const void *a, const void *b)
{
	const struct conf_source_section *x = *(struct conf_source_section *const *)a;
	const struct conf_source_section *y = *(struct conf_source_section *const *)b;
	int c = compare(x, y);
	if (c)
		return c;
	return x->line < y->line ? -1 : x->line > y->line;
}

/* Sorts the sections and reports those that are there twice. */
static void sort_sections(struct conf_source *s)
{
	struct conf_arena *a = s->report.arena;
	struct conf_source_section **all = conf_arena_alloc(a, (s->sections_n + 1) * sizeof(*all));
	for (size_t i = 0; i < s->sections_n; i++)
		all[i] = &s->sections[i];
	qsort(all, s->sections_n, sizeof(*all), compare_with_line);
	s->sorted = all;
	for (size_t i = 0; i < s->sections_n; i++) {
		struct conf_source_section *first = s->sorted_n ? all[s->sorted_n - 1] : NULL;
		if (first && compare(first, all[i]) == 0)
			conf_report_error(&s->report, all[i]->line,
				"%s is in this file twice, first in line %u; write one section",
				conf_source_title(a, all[i]), first->line);
		else
			all[s->sorted_n++] = all[i];
	}
}

static void check_neighbors_n(struct conf_source *s)
{
	size_t n = 0;
	for (size_t i = 0; i < s->sections_n; i++)
		if (s->sections[i].kind == CONF_SECTION_NEIGHBOR && ++n == CONF_NEIGHBORS_MAX + 1)
			conf_report_error(&s->report, s->sections[i].line,
				"one neighbor too many: a file may have %d", CONF_NEIGHBORS_MAX);
}

struct conf_source *conf_source_read(struct conf_arena *a, const char *contributor,
	const char *file, const char *bytes, size_t len)
{
	struct conf_source *s = conf_arena_alloc(a, sizeof(*s));
	struct conf_reader ini;
	s->report = (struct conf_report){.arena = a, .file = file, .contributor = contributor};
	conf_reader_read(&s->report, bytes, len, &ini);
	for (size_t i = 0; i < ini.sections_n; i++) {
		struct conf_reader_section *in = &ini.sections[i];
		read_section(s, in, i == 0);
		conf_arena_give_back(a, in->items, in->items_n * sizeof(*in->items));
	}
	sort_sections(s);
	check_neighbors_n(s);
	s->read_n = s->report.messages_n;
	return s;
}

const struct conf_source_section *conf_source_find(
	const struct conf_source *s, enum conf_section_kind kind, const char *name)
{
	struct conf_source_section like = {.kind = kind, .name = name};
	size_t low = 0, high = s->sorted_n;
	while (low < high) {
		size_t middle = low + (high - low) / 2;
		int c = compare(&like, s->sorted[middle]);
		if (c == 0)
			return s->sorted[middle];
		if (c < 0)
			high = middle;
		else
			low = middle + 1;
	}
	return NULL;
}
