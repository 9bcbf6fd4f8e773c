/* The schema as the manual page bgpd-lite.conf(5). */
#include <string.h>

#include "conf/help.h"
#include "conf/schema.h"
#include "conf/text.h"

static const char head[] =
	".\\\" Made from the schema (conf/schema.c, conf/manual.c) by `ninja -C build keys`.\n"
	".TH BGPD-LITE.CONF 5 \"\" \"bgpd-lite\" \"File Formats\"\n"
	".SH NAME\n"
	"bgpd-lite.conf \\- configuration of bgpd-lite\n"
	".SH SYNOPSIS\n"
	".nf\n"
	"/etc/bgpd-lite/bgpd-lite.conf\n"
	"/etc/bgpd-lite/conf.d/*.conf\n"
	"/run/bgpd-lite/conf.d/*.conf\n"
	"/usr/lib/bgpd-lite/conf.d/*.conf\n"
	".fi\n"
	".SH DESCRIPTION\n"
	"INI files: sections in brackets, keys and values parted by '='. '#' or ';' at the\n"
	"beginning of a line, or ';' behind a blank, begins a comment. Lists are parted by\n"
	"commas; a list key may be repeated and appends. A section or key that is not known is\n"
	"an error with file and line; it is never ignored.\n"
	".PP\n"
	"Durations end in ms, s, m or h; a bare number is seconds, but BFD intervals must name\n"
	"their unit.\n"
	".PP\n"
	"Each file is a contributor, named by its file name. bgpd-lite.conf is the owner's. The\n"
	"same file name in a later directory masks an earlier one: /usr/lib, /run, /etc. A file\n"
	"with an error is put in quarantine: its last good text stays in force, the other files\n"
	"apply.\n"
	".PP\n"
	".B bgpd-lite \\-\\-check\n"
	"names every error,\n"
	".B bgpd-litectl reload\n"
	"puts changes into force.\n";

static const char tail[] = ".SH FILES\n"
			   ".TP\n"
			   ".I /etc/bgpd-lite/keys/\n"
			   "Files that \\fBpassword\\-file\\fR names; mode 0640 or less, read "
			   "again at a reload. A name\n"
			   "that is not there is looked for among the unit's systemd credentials.\n"
			   ".SH SEE ALSO\n"
			   ".BR bgpd-lite (8),\n"
			   ".BR bgpd-litectl (1)\n";

/* Text for roff: no line may begin with a control character, a backslash is named. */
static void add_text(struct conf_string *s, const char *text)
{
	if (*text == '.' || *text == '\'')
		conf_string_add(s, "\\&");
	for (; *text; text++) {
		if (*text == '\\')
			conf_string_add(s, "\\e");
		else if (*text == '-')
			conf_string_add(s, "\\-");
		else
			conf_string_add(s, "%c", *text);
	}
}

static void add_key(struct conf_string *s, enum conf_key key)
{
	const struct conf_key_row *k = &conf_keys[key];
	char range[CONF_RANGE_TEXT_MAX];

	conf_string_add(s, ".TP\n\\fB");
	add_text(s, k->name);
	conf_string_add(s, "\\fR = \\fI");
	add_text(s, conf_key_range(key, range));
	conf_string_add(s, "\\fR\n");
	add_text(s, k->help);
	conf_string_add(s, "\nDefault: ");
	add_text(s, k->fallback ? k->fallback : k->absent);
	conf_string_add(s, ".\n");
}

static void add_section(struct conf_string *s, const struct conf_section_row *row)
{
	conf_string_add(s, ".SH \"[");
	add_text(s, row->name);
	if (row->argument) {
		conf_string_add(s, " ");
		add_text(s, row->argument);
	}
	conf_string_add(s, "]\"\n");
	add_text(s, row->help);
	conf_string_add(s, "\n");
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
