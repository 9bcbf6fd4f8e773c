/* `show announcements`: a line an offer. */
#include "bgpd-lite/ctl/commands.h"
#include "bgpd-lite/ctl/get.h"

#include <string.h>

static void put_attribute(struct text *out, const char *name, const json_t *o, const char *key)
{
	char cell[CELL_MAX];

	if (!json_is_null(json_object_get(o, key)))
		text_addf(out, "%s%s %s", out->len ? ", " : "", name, get_cell(o, key, cell));
}

static void put_words(struct text *out, const char *name, const char *words)
{
	if (words[0])
		text_addf(out, "%s%s %s", out->len ? ", " : "", name, words);
}

static bool is_among(const json_t *list, const char *text)
{
	size_t i;
	const json_t *one;

	json_array_foreach(list, i, one) if (strcmp(json_string_value(one), text) == 0) return true;
	return false;
}

/* Those for whom it is, in two parts: who was told, who was not yet. */
static void put_neighbors(struct text *out, const json_t *neighbors, const json_t *all, bool wanted)
{
	size_t i;
	const json_t *one;

	json_array_foreach(neighbors, i, one)
	{
		const char *name = json_string_value(one);
		if (name && is_among(json_object_get(all, "told"), name) == wanted)
			text_addf(out, "%s%s%s", out->len ? ", " : "", name,
				is_among(json_object_get(all, "denied"), name) ? " (denied)" : "");
	}
	if (!out->len)
		text_adds(out, "-");
}

static void put_offer(struct table *t, const char *prefix, const json_t *offer, const json_t *all)
{
	const json_t *neighbors = json_object_get(offer, "neighbors");
	struct text attributes = {0}, told = {0}, waits = {0};

	put_words(&attributes, "community", get_text(offer, "communities"));
	put_words(&attributes, "extended-community", get_text(offer, "extended_communities"));
	put_words(&attributes, "large-community", get_text(offer, "large_communities"));
	put_attribute(&attributes, "local-preference", offer, "local_preference");
	put_attribute(&attributes, "link-bandwidth", offer, "link_bandwidth");
	put_attribute(&attributes, "med", offer, "med");
	put_words(&attributes, "path", get_text(offer, "as_path"));
	put_neighbors(&told, neighbors, all, true);
	if (get_text(offer, "waits")[0])
		text_addf(&waits, "(waits: %s)", get_text(offer, "waits"));
	else
		put_neighbors(&waits, neighbors, all, false);
	table_add(
		t, (const char *[]){prefix, get_text(offer, "contributor"), get_text(offer, "name"),
			   told.s, waits.s, attributes.s ? attributes.s : ""});
	text_free(&attributes);
	text_free(&told);
	text_free(&waits);
}

void print_announcements(const json_t *reply, const struct ask *a, struct text *out)
{
	static const struct column columns[] = {{"Prefix", false}, {"Contributor", false},
		{"Name", false}, {"Told", false}, {"Not told", false}, {"Attributes", false}};
	struct table t;
	size_t i, k;
	const json_t *one, *offer;

	table_init(&t, columns, 6);
	json_array_foreach(json_object_get(reply, "announcements"), i, one)
	{
		const json_t *offers = json_object_get(one, "offers");
		json_array_foreach(offers, k, offer)
			put_offer(&t, k ? "" : get_text(one, "prefix"), offer, one);
		if (json_array_size(offers) == 0) /* on its way out */
			put_offer(&t, get_text(one, "prefix"), NULL, one);
	}
	table_print(&t, out);
	table_free(&t);
}
