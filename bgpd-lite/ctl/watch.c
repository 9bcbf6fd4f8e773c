#include "bgpd-lite/ctl/watch.h"

#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "bgpd-lite/ctl/text.h"

enum {
	LINES_WITHOUT_SIZE = 24, /* of a terminal that does not tell */
};

#define SCREEN_CLEAR "\033[2J"
#define SCREEN_HOME  "\033[?7l\033[H" /* lines do not wrap while the page is written */
#define LINE_END     "\033[K\n"
#define SCREEN_END   "\033[J\033[?7h"

static volatile sig_atomic_t interrupted;

static void on_interrupt(int signal_number)
{
	interrupted = 1;
}

static void interrupt_with(void (*handler)(int))
{
	struct sigaction a = {.sa_handler = handler}; /* calls end with EINTR */

	sigemptyset(&a.sa_mask);
	sigaction(SIGINT, &a, NULL);
}

/* ---- a page ---- */

struct page {
	struct text text;
	size_t lines_max;
	size_t lines;
	size_t left_out;
};

static void page_begin(struct page *p, unsigned seconds, bool first)
{
	struct winsize size = {0};
	time_t now = time(NULL);
	struct tm tm;
	char clock[16];

	ioctl(STDOUT_FILENO, TIOCGWINSZ, &size);
	size_t rows = size.ws_row ? size.ws_row : LINES_WITHOUT_SIZE;
	p->lines_max = rows > 3 ? rows - 3 : 1; /* the head, what is left out, the cursor */
	localtime_r(&now, &tm);
	strftime(clock, sizeof(clock), "%H:%M:%S", &tm);
	text_adds(&p->text, first ? SCREEN_CLEAR SCREEN_HOME : SCREEN_HOME);
	text_addf(&p->text, "%s, every %u s" LINE_END, clock, seconds);
}

static void page_add(struct page *p, const char *bytes, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool fits = p->lines < p->lines_max;
		if (fits && bytes[i] != '\n')
			text_add(&p->text, &bytes[i], 1);
		else if (fits)
			text_adds(&p->text, LINE_END);
		else
			p->left_out += bytes[i] == '\n';
		p->lines += bytes[i] == '\n';
	}
}

static void write_all(const char *bytes, size_t len)
{
	while (len) {
		ssize_t n = write(STDOUT_FILENO, bytes, len);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return;
		bytes += n;
		len -= (size_t)n;
	}
}

static void page_show(struct page *p)
{
	if (p->left_out)
		text_addf(&p->text, "(more lines: %zu)" LINE_END, p->left_out);
	text_adds(&p->text, SCREEN_END);
	write_all(p->text.s ? p->text.s : "", p->text.len);
	text_free(&p->text);
}

/* ---- a run ---- */

static pid_t start(int out, int (*once)(void *arg), void *arg)
{
	pid_t pid = fork();

	if (pid != 0)
		return pid;
	interrupt_with(SIG_DFL);
	if (out >= 0) {
		dup2(out, STDOUT_FILENO);
		dup2(out, STDERR_FILENO);
		close(out);
	}
	int code = once(arg);
	fflush(stdout);
	_exit(code);
}

static void show_on_terminal(unsigned seconds, bool first, int (*once)(void *arg), void *arg)
{
	struct page page = {0};
	char bytes[4096];
	int ends[2];
	ssize_t n;

	if (pipe(ends) < 0)
		return;
	page_begin(&page, seconds, first);
	pid_t pid = start(ends[1], once, arg);
	close(ends[1]);
	while (!interrupted && (n = read(ends[0], bytes, sizeof(bytes))) > 0)
		page_add(&page, bytes, (size_t)n);
	close(ends[0]);
	if (interrupted)
		text_free(&page.text);
	else
		page_show(&page);
	if (pid > 0)
		waitpid(pid, NULL, 0);
}

static void show_elsewhere(bool first, int (*once)(void *arg), void *arg)
{
	if (!first)
		write_all("\n", 1);
	pid_t pid = start(-1, once, arg);
	while (pid > 0 && waitpid(pid, NULL, 0) < 0 && errno == EINTR)
		;
}

int watch_run(unsigned seconds, int (*once)(void *arg), void *arg)
{
	bool terminal = isatty(STDOUT_FILENO);
	struct timespec pause = {.tv_sec = seconds};

	interrupt_with(on_interrupt);
	for (bool first = true; !interrupted; first = false) {
		if (terminal)
			show_on_terminal(seconds, first, once, arg);
		else
			show_elsewhere(first, once, arg);
		if (!interrupted)
			nanosleep(&pause, NULL);
	}
	return 0;
}
