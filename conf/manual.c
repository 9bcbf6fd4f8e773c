/* The schema as the manual page bgpd-lite.conf(5), in the language of scdoc(5). */
#include <string.h>

#include "conf/help.h"
#include "conf/schema.h"
#include "conf/text.h"

static const char head[] =
	"bgpd-lite.conf(5)\n"
	"\n"
	"; Made from the schema (conf/schema.c, conf/manual.c) by `ninja -C build keys`.\n"
	"\n"
	"# NAME\n"
	"\n"
	"bgpd-lite.conf - configuration of bgpd-lite\n"
	"\n"
	"# SYNOPSIS\n"
	"\n"
	"/etc/bgpd-lite/bgpd-lite.conf++\n"
	"/etc/bgpd-lite/conf.d/\\*.conf++\n"
	"/run/bgpd-lite/conf.d/\\*.conf++\n"
	"/usr/lib/bgpd-lite/conf.d/\\*.conf\n"
	"\n"
	"# DESCRIPTION\n"
	"\n"
	"INI files: sections in brackets, keys and values parted by '='. '#' or ';' at the\n"
	"beginning of a line, or ';' behind a blank, begins a comment. Lists are parted by\n"
	"commas; a list key may be repeated and appends. A section or key that is not known is\n"
	"an error with file and line; it is never ignored.\n"
	"\n"
	"Durations end in ms, s, m or h; a bare number is seconds, but BFD intervals must name\n"
	"their unit. Sizes are bytes, or end in K, M, G or T.\n"
	"\n"
	"Each file is a contributor, named by its file name. bgpd-lite.conf is the owner's. The\n"
	"same file name in a later directory masks an earlier one: /usr/lib, /run, /etc. A file\n"
	"with an error is put in quarantine: its last good text stays in force, the other files\n"
	"apply. Where a contributor contradicts the owner about a neighbour or a prefix, or\n"
	"another contributor, that section alone is: of contributors who stays is what was in\n"
	"force before, else the first by file name. Its last good text stays in force where it\n"
	"contradicts nobody.\n"
	"\n"
	"*bgpd-lite --check* names every error, *bgpd-litectl reload* puts changes into force.\n"
	"\n";

static const char tail[] =
	"# FILES\n"
	"\n"
	"_/etc/bgpd-lite/keys/_\n"
	"\tFiles that *password-file* names; mode 0640 or less, read again at a reload. A name\n"
	"\tthat is not there is looked for among the unit's systemd credentials.\n"
	"\n"
	"# SEE ALSO\n"
	"\n"
	"*bgpd-lite*(8), *bgpd-litectl*(1)\n";

/* Text for scdoc: what would begin a list or table at a line's beginning, or bold or underlined
 * text anywhere, is named. */
static void add_text(struct conf_string *s, const char *text)
{
	if (strchr(".-#|[]", *text))
		conf_string_add(s, "\\");
	for (; *text; text++)
		conf_string_add(s, strchr("\\*_", *text) ? "\\%c" : "%c", *text);
}

static void add_key(struct conf_string *s, enum conf_key key)
{
	const struct conf_key_row *k = &conf_keys[key];
	char range[CONF_RANGE_TEXT_MAX];

	conf_string_add(s, "*");
	add_text(s, k->name);
	conf_string_add(s, "* = _");
	add_text(s, conf_key_range(key, range));
	conf_string_add(s, "_\n\t");
	add_text(s, k->help);
	conf_string_add(s, "\n\tDefault: ");
	add_text(s, k->fallback ? k->fallback : k->absent);
	conf_string_add(s, ".\n\n");
}

static void add_section(struct conf_string *s, const struct conf_section_row *row)
{
	conf_string_add(s, "# [");
	add_text(s, row->name);
	if (row->argument) {
		conf_string_add(s, " ");
		add_text(s, row->argument);
	}
	conf_string_add(s, "]\n\n");
	add_text(s, row->help);
	conf_string_add(s, "\n\n");
	for (size_t i = 0; i < row->keys_n; i++)
		add_key(s, (enum conf_key)(row->first + i));
}

char *conf_manual(void)
{
	struct conf_string s = {0};

	conf_string_add(&s, "%s", head);
	for (int i = 0; i < CONF_SECTIONS_N; i++)
		add_section(&s, &conf_sections[i]);
	conf_string_add(&s, "%s", tail);
	return conf_string_take(&s);
}
