/* Entries of the journal, and which way a line of the log takes. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include <cmocka.h>

#include "lib/journal.h"
#include "lib/log.h"

static char entry[JOURNAL_ENTRY_MAX];

static const char *encode(enum log_id id, const char *line)
{
	static char text[JOURNAL_ENTRY_MAX + 1];
	size_t len = journal_encode("bgp", 6, id, line, entry);

	assert_true(len > 0 && len <= sizeof(entry) && entry[len - 1] == '\n');
	memcpy(text, entry, len);
	text[len] = 0;
	return text;
}

static void no_fields(void **state)
{
	assert_string_equal(encode(LOG_ID_NONE, "stopped exit=0"),
		"MESSAGE=bgp: stopped exit=0\nPRIORITY=6\nSYSLOG_IDENTIFIER=bgpd-lite\n"
		"BGPD_LITE_PROCESS=bgp\n");
}

static void an_id(void **state)
{
	char wanted[64];

	snprintf(wanted, sizeof(wanted), "\nMESSAGE_ID=%s\n", log_id_text(LOG_ID_DRIFT));
	assert_non_null(strstr(encode(LOG_ID_DRIFT, "drift"), wanted));
}

/* What the line gives as fields of ours. */
static void assert_fields(const char *line, const char *fields)
{
	const char *all = encode(LOG_ID_NONE, line), *last = "BGPD_LITE_PROCESS=bgp\n";

	assert_string_equal(strstr(all, last) + strlen(last), fields);
}

static void fields(void **state)
{
	assert_fields("session down neighbor=\"192.0.2.1 vrf red\" cause=hold",
		"BGPD_LITE_PEER=192.0.2.1\nBGPD_LITE_VRF=red\n");
	assert_fields("session down neighbor=\"fe80::1%bond0.100\"",
		"BGPD_LITE_PEER=fe80::1%bond0.100\n");
	assert_fields("key not set neighbor=192.0.2.1 error=\"x\"", "BGPD_LITE_PEER=192.0.2.1\n");
	assert_fields("session up peer=192.0.2.1 device=eth0", "BGPD_LITE_PEER=192.0.2.1\n");
	assert_fields(
		"moves neighbor=\"a vrf b\" vrf=c was=d", "BGPD_LITE_PEER=a\nBGPD_LITE_VRF=b\n");
	assert_fields("moves neighbor=\"a\" vrf=c was=b", "BGPD_LITE_PEER=a\nBGPD_LITE_VRF=c\n");
	assert_fields("refused prefix=10.0.0.0/8 table=254", "BGPD_LITE_PREFIX=10.0.0.0/8\n");
	assert_fields("drift prefix=10.0.0.0/8 vrf=\"red\"",
		"BGPD_LITE_VRF=red\nBGPD_LITE_PREFIX=10.0.0.0/8\n");
}

static void what_is_no_field(void **state)
{
	assert_fields("prefix", "");
	assert_fields("drift prefix= vrf=\"\"", "");
	assert_fields("maximum-prefix=7 notpeer=x", "");
	assert_fields("said text=\"a peer=192.0.2.1 b\"", "");
	assert_fields("said text=\"a\" peer=x text=\"peer=y\"", "BGPD_LITE_PEER=x\n");
	assert_fields("peer=\"", "");
	assert_fields("peer=\"open", "BGPD_LITE_PEER=open\n");
}

/* NAME, LF, 64 bits of length, value, LF */
static void a_line_end(void **state)
{
	static const char wanted[] = "MESSAGE\n\x08\0\0\0\0\0\0\0bgp: a\nb\nPRIORITY=6\n";

	encode(LOG_ID_NONE, "a\nb");
	assert_memory_equal(entry, wanted, sizeof(wanted) - 1);
}

static void what_does_not_fit(void **state)
{
	char line[4000];

	for (size_t n = 0; n < sizeof(line); n += 7) {
		memset(line, 'x', n);
		line[n] = 0;
		encode(LOG_ID_DRIFT, line);
		snprintf(line + n, sizeof(line) - n, " peer=%0*d", (int)n / 2, 1);
		encode(LOG_ID_DRIFT, line);
	}
}

static void ids(void **state)
{
	assert_null(log_id_text(LOG_ID_NONE));
	for (int i = LOG_ID_NONE + 1; i < LOG_IDS_N; i++) {
		const char *id = log_id_text((enum log_id)i);
		assert_non_null(id);
		assert_int_equal(strspn(id, "0123456789abcdef"), 32);
		assert_int_equal(strlen(id), 32);
	}
}

/* ---- the way of a line ---- */

static int saved, out[2];

static int catch_stderr(void **state)
{
	char stream[64];
	struct stat st;

	saved = dup(STDERR_FILENO);
	assert_int_equal(pipe(out), 0);
	assert_int_equal(fstat(out[1], &st), 0);
	snprintf(stream, sizeof(stream), "%llu:%llu", (unsigned long long)st.st_dev,
		(unsigned long long)st.st_ino);
	setenv("JOURNAL_STREAM", stream, 1);
	dup2(out[1], STDERR_FILENO);
	return 0;
}

static int release_stderr(void **state)
{
	dup2(saved, STDERR_FILENO);
	close(saved);
	close(out[0]);
	close(out[1]);
	return unsetenv("JOURNAL_STREAM");
}

static const char *said(int fd)
{
	static char text[JOURNAL_ENTRY_MAX + 1];
	ssize_t n = read(fd, text, sizeof(text) - 1);

	assert_true(n > 0);
	text[n] = 0;
	return text;
}

static void other_stderr(void **state)
{
	setenv("JOURNAL_STREAM", "1:1", 1);
	log_init("bgp", LOG_LEVEL_INFO);
	log_native("/nothing"); /* stderr is no journal: it stays where it is */
	log_warn("here peer=x");
	assert_string_equal(said(out[0]), "bgp: warning: here peer=x\n");
}

static void journal(void **state)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	char path[] = "/tmp/unit-log-XXXXXX";
	int fd = socket(AF_UNIX, SOCK_DGRAM, 0);

	assert_non_null(mkdtemp(path));
	snprintf(a.sun_path, sizeof(a.sun_path), "%s/socket", path);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	log_init("bgp", LOG_LEVEL_INFO);
	log_warn("not yet");
	assert_string_equal(said(out[0]), "<4>bgp: not yet\n");

	log_native(a.sun_path);
	log_debug("too talkative");
	log_event(LOG_LEVEL_ERR, LOG_ID_SESSION_DOWN, "down neighbor=\"%s\"", "x vrf y");
	const char *text = said(fd);
	assert_non_null(strstr(text, "MESSAGE=bgp: down neighbor=\"x vrf y\"\nPRIORITY=3\n"));
	assert_non_null(strstr(text, "BGPD_LITE_VRF=y\n"));

	close(fd); /* the journal is away */
	log_info("alone");
	assert_string_equal(said(out[0]), "<6>bgp: alone\n");
	unlink(a.sun_path);
	assert_int_equal(rmdir(path), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(no_fields), cmocka_unit_test(an_id),
		cmocka_unit_test(fields), cmocka_unit_test(what_is_no_field),
		cmocka_unit_test(a_line_end), cmocka_unit_test(what_does_not_fit),
		cmocka_unit_test(ids),
		cmocka_unit_test_setup_teardown(other_stderr, catch_stderr, release_stderr),
		cmocka_unit_test_setup_teardown(journal, catch_stderr, release_stderr)};
	return cmocka_run_group_tests_name("log", tests, NULL, NULL);
}
