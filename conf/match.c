#include "conf/match.h"

#include <fnmatch.h>
#include <string.h>

static bool host_matches(const char *glob, const struct conf_site *site)
{
	return fnmatch(glob, site->host, 0) == 0;
}

static bool interface_matches(const char *glob, const struct conf_site *site)
{
	for (size_t i = 0; i < site->interfaces_n; i++)
		if (fnmatch(glob, site->interfaces[i], 0) == 0)
			return true;
	return false;
}

static bool holds(const struct conf_value *v, enum conf_key key, const struct conf_site *site)
{
	bool any = false, wanted = false;
	for (size_t i = 0; i < v->items_n; i++) {
		const struct conf_item *item = &v->items[i];
		bool matches = key == CONF_KEY_MATCH_HOST ? host_matches(item->name, site)
							  : interface_matches(item->name, site);
		if (item->negated && matches)
			return false;
		wanted |= !item->negated;
		any |= matches;
	}
	return any || !wanted;
}

const struct conf_value *conf_match_failed(
	const struct conf_source *s, const struct conf_site *site, enum conf_key *key)
{
	static const enum conf_key keys[] = {CONF_KEY_MATCH_HOST, CONF_KEY_MATCH_INTERFACE};
	const struct conf_source_section *m = conf_source_find(s, CONF_SECTION_MATCH, "");
	for (size_t i = 0; m && i < 2; i++) {
		const struct conf_value *v = conf_source_value(m, keys[i]);
		if (!v->line || holds(v, keys[i], site))
			continue;
		*key = keys[i];
		return v;
	}
	return NULL;
}

const char *conf_match_text(struct conf_arena *a, enum conf_key key, const struct conf_value *v)
{
	const char *text = conf_arena_format(a, "%s =", conf_keys[key].name);
	for (size_t i = 0; i < v->items_n; i++)
		text = conf_arena_format(a, "%s%s%s%s", text, i ? ", " : " ",
			v->items[i].negated ? "!" : "", v->items[i].name);
	return text;
}

static bool is_watched(const struct conf *c, const char *glob)
{
	for (size_t i = 0; i < c->watched_n; i++)
		if (strcmp(c->watched[i].glob, glob) == 0)
			return true;
	return false;
}

void conf_match_watch(struct conf *c, const struct conf_source *s, const struct conf_site *site)
{
	const struct conf_source_section *m = conf_source_find(s, CONF_SECTION_MATCH, "");
	const struct conf_value *v = m ? conf_source_value(m, CONF_KEY_MATCH_INTERFACE) : NULL;
	for (size_t i = 0; v && i < v->items_n; i++)
		if (!is_watched(c, v->items[i].name))
			*CONF_PUSH(s->report.arena, c->watched, c->watched_n) =
				(struct conf_watched){v->items[i].name,
					interface_matches(v->items[i].name, site)};
}

bool conf_site_moved(const struct conf *c, const struct conf_site *site)
{
	for (size_t i = 0; i < c->watched_n; i++)
		if (interface_matches(c->watched[i].glob, site) != c->watched[i].present)
			return true;
	return false;
}
