/* SPDX-License-Identifier: BSD-2-Clause */
/*
 * One command to a running daemon and its answer. Plain and blocking: this is
 * a program of its own for the length of one exchange.
 */
#include "mccd/control.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/fsio.h"
#include "base/log.h"
#include "base/status.h"
#include "mccd/wire.h"

enum { CONTROL_FAILED = 3 };

/* A path longer than a socket address goes through its folder. */
static int fill_address(struct sockaddr_un *addr, const char *path, int *out_dirfd)
{
	const char *slash = strrchr(path, '/');
	char folder[4096];
	int n;

	if (strlen(path) < sizeof(addr->sun_path)) {
		memcpy(addr->sun_path, path, strlen(path) + 1);
		return 0;
	}
	if (slash == NULL || (size_t)(slash - path) >= sizeof(folder))
		return MCC_ETOOBIG;
	memcpy(folder, path, (size_t)(slash - path));
	folder[slash - path] = '\0';
	*out_dirfd = open(folder, O_PATH | O_DIRECTORY | O_CLOEXEC);
	if (*out_dirfd < 0)
		return mcc_status_from_errno(errno);
	n = snprintf(addr->sun_path, sizeof(addr->sun_path), "/proc/self/fd/%d%s",
		     *out_dirfd, slash);
	return n < 0 || (size_t)n >= sizeof(addr->sun_path) ? MCC_ETOOBIG : 0;
}

static int connect_to(const char *path, int *out_sock)
{
	struct sockaddr_un addr = {.sun_family = AF_UNIX};
	int dirfd = -1;
	int sock = -1;
	int status = fill_address(&addr, path, &dirfd);

	if (status == 0) {
		sock = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_CLOEXEC, 0);
		if (sock < 0 ||
		    connect(sock, (struct sockaddr *)&addr, sizeof(addr)) != 0)
			status = mcc_status_from_errno(errno);
	}
	if (status < 0 && errno == ECONNREFUSED)
		status = MCC_EUNAVAIL;
	if (dirfd >= 0)
		close(dirfd);
	if (status < 0 && sock >= 0)
		close(sock);
	if (status == 0)
		*out_sock = sock;
	return status;
}

static void print_text(struct str text, bool is_good)
{
	int fd = is_good ? STDOUT_FILENO : STDERR_FILENO;

	if (text.len == 0)
		return;
	(void)!fs_write_all(fd, text.ptr, text.len);
	if (text.ptr[text.len - 1] != '\n')
		(void)!fs_write_all(fd, "\n", 1);
}

static int read_answer(int sock, char *buf, bool is_stop)
{
	uint64_t status = 0;
	uint64_t more = 1;

	while (more != 0) {
		struct wire_in in;
		struct str text;
		int n = wire_recv(sock, buf, &in);

		if (n == 0 && is_stop)
			return 0;
		if (n <= 0) {
			log_error("the daemon has closed the connection");
			return CONTROL_FAILED;
		}
		if (in.fd >= 0)
			close(in.fd);
		(void)wire_get_u64(&in);
		status = wire_get_u64(&in);
		text = wire_get_str(&in);
		more = wire_get_u64(&in);
		if (in.type != WIRE_CONTROL_REPLY || !wire_end(&in)) {
			log_error("the daemon's answer does not parse");
			return CONTROL_FAILED;
		}
		print_text(text, status == 0);
	}
	return (int)(status & 255);
}

int control_command(const char *socket_path, const char *command, const char *argument)
{
	struct wire_out out;
	char *buf = malloc(WIRE_PACKET_MAX);
	int sock = -1;
	int status;

	if (buf == NULL)
		return CONTROL_FAILED;
	status = connect_to(socket_path, &sock);
	if (status < 0) {
		log_error("%s: %s", socket_path,
			  status == MCC_ENOENT || status == MCC_EUNAVAIL
				  ? "no mccd is running here"
				  : mcc_status_text(status));
		free(buf);
		return CONTROL_FAILED;
	}
	wire_begin(&out, WIRE_CONTROL);
	wire_put_u64(&out, 1);
	wire_put_cstr(&out, command);
	wire_put_cstr(&out, argument);
	status = wire_send(sock, &out, -1);
	if (status == 0)
		status = read_answer(sock, buf, strcmp(command, "stop") == 0);
	else
		status = CONTROL_FAILED;
	close(sock);
	free(buf);
	return status;
}
