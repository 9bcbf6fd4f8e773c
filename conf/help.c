#include "conf/help.h"

#include <stdio.h>
#include <string.h>

#include "conf/schema.h"
#include "conf/text.h"

enum {
	HELP_WIDTH = 92,
	HELP_INDENT = 8,
};

/* Words broken into lines behind an indentation. */
static void add_wrapped(struct conf_string *s, unsigned indent, const char *text)
{
	size_t column = 0;
	while (*text) {
		size_t word = strcspn(text, " ");
		bool fits = column && column + 1 + word <= HELP_WIDTH;
		if (fits)
			conf_string_add(s, " %.*s", (int)word, text);
		else
			conf_string_add(s, "%s%*s%.*s", column ? "\n" : "", (int)indent, "",
				(int)word, text);
		column = fits ? column + 1 + word : indent + word;
		text += word;
		text += strspn(text, " ");
	}
	conf_string_add(s, "\n");
}

static void add_key(struct conf_string *s, enum conf_key key)
{
	const struct conf_key_row *k = &conf_keys[key];
	char range[CONF_RANGE_TEXT_MAX];
	conf_string_add(s, "    %s = %s\n", k->name, conf_key_range(key, range));
	add_wrapped(s, HELP_INDENT, k->help);
	conf_string_add(s, "        default: %s\n", k->fallback ? k->fallback : k->absent);
}

static void add_title(struct conf_string *s, enum conf_section_kind kind)
{
	const struct conf_section_row *row = &conf_sections[kind];
	conf_string_add(s, "[%s%s%s]\n", row->name, row->argument ? " " : "",
		row->argument ? row->argument : "");
}

static void add_section(struct conf_string *s, enum conf_section_kind kind)
{
	const struct conf_section_row *row = &conf_sections[kind];
	add_title(s, kind);
	add_wrapped(s, 4, row->help);
	for (size_t i = 0; i < row->keys_n; i++)
		add_key(s, (enum conf_key)(row->first + i));
}

char *conf_help(const char *what)
{
	struct conf_string s = {0};
	char section[64];
	enum conf_section_kind kind;
	enum conf_key key;
	for (int i = 0; (!what || !*what) && i < CONF_SECTIONS_N; i++) {
		conf_string_add(&s, "%s", i ? "\n" : "");
		add_section(&s, (enum conf_section_kind)i);
	}
	if (!what || !*what)
		return conf_string_take(&s);
	const char *dot = strchr(what, '.');
	snprintf(section, sizeof(section), "%.*s", (int)(dot ? dot - what : (long)strlen(what)),
		what);
	if (!conf_section_find(section, &kind) || (dot && !conf_key_find(kind, dot + 1, &key)))
		return NULL;
	if (dot) {
		add_title(&s, kind);
		add_key(&s, key);
	} else {
		add_section(&s, kind);
	}
	return conf_string_take(&s);
}

static void add_markdown_key(struct conf_string *s, enum conf_key key)
{
	const struct conf_key_row *k = &conf_keys[key];
	char range[CONF_RANGE_TEXT_MAX];
	const char *quote = k->fallback ? "`" : "";
	conf_string_add(s, "| `%s` | %s | %s%s%s | %s |\n", k->name, conf_key_range(key, range),
		quote, k->fallback ? k->fallback : k->absent, quote, k->help);
}

char *conf_reference(void)
{
	struct conf_string s = {0};
	conf_string_add(&s,
		"# Configuration keys\n\n"
		"Made from the schema (conf/schema.c) by `ninja -C build keys`; a test compares "
		"them.\n");
	for (int i = 0; i < CONF_SECTIONS_N; i++) {
		const struct conf_section_row *row = &conf_sections[i];
		conf_string_add(&s, "\n## `[%s%s%s]`\n\n%s\n\n", row->name,
			row->argument ? " " : "", row->argument ? row->argument : "", row->help);
		conf_string_add(&s, "| key | value | default | meaning |\n|---|---|---|---|\n");
		for (size_t j = 0; j < row->keys_n; j++)
			add_markdown_key(&s, (enum conf_key)(row->first + j));
	}
	return conf_string_take(&s);
}
