/* Values of one section, merged from the files that have it (conf/snapshot.h). */
#include "conf/snapshot.h"

const struct conf_value *conf_picked_value(
	const struct conf_picked *p, enum conf_key key, const char **file)
{
	const struct conf_value *best = NULL;
	bool of_owner = p->refs_n && p->refs[0].party->owner;
	for (size_t i = 0; i < p->refs_n; i++) {
		const struct conf_value *v = conf_source_value(p->refs[i].section, key);
		if (!v->line || (of_owner && !p->refs[i].party->owner))
			continue;
		bool more = best && !of_owner && conf_keys[key].type == CONF_TYPE_REMOTE_AS &&
			    best->remote_as != CONF_REMOTE_AS_NUMBER &&
			    v->remote_as == CONF_REMOTE_AS_NUMBER;
		if (!best || more)
			best = v;
		if (best == v && file)
			*file = conf_template_user(p->refs[i].section)
					? conf_template_holder(&p->refs[i], key).section->file
					: p->refs[i].section->file;
	}
	return best;
}

uint64_t conf_picked_number(const struct conf_picked *p, enum conf_key key)
{
	static const struct conf_value unset;
	const struct conf_value *v = conf_picked_value(p, key, NULL);
	return conf_value_number(v ? v : &unset, key);
}

const char *conf_picked_text(const struct conf_picked *p, enum conf_key key)
{
	const struct conf_value *v = conf_picked_value(p, key, NULL);
	return v ? v->text : NULL;
}

struct conf_origin conf_picked_origin(const struct conf_picked *p)
{
	if (!p->refs_n)
		return (struct conf_origin){.file = p->merge->parties[0].text->file};
	return (struct conf_origin){
		.file = p->refs[0].section->file, .line = p->refs[0].section->line};
}

struct conf_origin *conf_picked_origins(const struct conf_picked *p)
{
	const struct conf_section_row *row = &conf_sections[p->kind];
	struct conf_origin *o = conf_arena_alloc(p->merge->arena, row->keys_n * sizeof(*o));
	for (size_t i = 0; i < row->keys_n; i++) {
		const char *file = NULL;
		const struct conf_value *v =
			conf_picked_value(p, (enum conf_key)(row->first + i), &file);
		o[i].file = v ? file : conf_picked_origin(p).file;
		o[i].line = v ? v->line : 0;
	}
	return o;
}

static bool has_list(const struct conf_lists *l, const struct conf_prefix_list *list)
{
	for (size_t i = 0; i < l->n; i++)
		if (l->list[i] == list)
			return true;
	return false;
}

static size_t items_of(const struct conf_picked *p, enum conf_key key)
{
	size_t n = 0;
	for (size_t i = 0; i < p->refs_n; i++)
		n += conf_source_value(p->refs[i].section, key)->items_n;
	return n;
}

struct conf_lists conf_picked_lists(
	const struct conf *c, const struct conf_picked *p, enum conf_key key)
{
	struct conf_arena *a = p->merge->arena;
	size_t room = items_of(p, key) + 1;
	struct conf_lists out = {.list = conf_arena_alloc(a, room * sizeof(*out.list)),
		.origin = conf_arena_alloc(a, room * sizeof(*out.origin))};
	for (size_t i = 0; i < p->refs_n; i++) {
		const struct conf_party *party = p->refs[i].party;
		const struct conf_value *v = conf_source_value(p->refs[i].section, key);
		for (size_t k = 0; k < v->items_n; k++) {
			const struct conf_source_section *s = conf_merge_lookup(
				p->merge, party, CONF_SECTION_PREFIX_LIST, v->items[k].name)
								      .section;
			if (has_list(&out, &c->lists[s->index]))
				continue;
			out.list[out.n] = &c->lists[s->index];
			out.origin[out.n++] =
				(struct conf_origin){p->refs[i].section->file, v->items[k].line};
		}
	}
	return out;
}

struct conf_chain conf_picked_chain(const struct conf *c, const struct conf_merge *m,
	const struct conf_ref *ref, enum conf_key key)
{
	struct conf_ref from =
		conf_template_user(ref->section) ? conf_template_holder(ref, key) : *ref;
	const struct conf_value *v = conf_source_own(from.section, key);
	struct conf_chain chain = {.contributor = ref->party->name,
		.owner = ref->party->owner,
		.origin = {.file = from.section->file, .line = v->line},
		.steps_n = v->items_n};
	chain.steps = conf_arena_alloc(m->arena, (v->items_n + 1) * sizeof(*chain.steps));
	for (size_t i = 0; i < v->items_n; i++) {
		struct conf_ref found = conf_merge_lookup_import(m, from.party, v->items[i].name);
		size_t index = found.section->index;
		if (found.section->kind == CONF_SECTION_POLICY)
			chain.steps[i].policy = &c->policies[index];
		else
			chain.steps[i].list = &c->lists[index];
	}
	return chain;
}
