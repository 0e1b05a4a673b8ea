# SPDX-License-Identifier: MIT
"""listen --http and get: HTTP/1.1 over our TCP, in a network namespace."""

import email.utils
import os
import socket
import subprocess
import sys
import tempfile

from _kernel import Server, client, read_all
from _rig import Running, alone, check, main, refused, run, wait_for

BIG = os.urandom(3 << 20)
AT = "10.9.8.2"


class Site:
    """A directory that is served."""

    def __enter__(self):
        self.dir = tempfile.TemporaryDirectory()
        top = self.dir.name
        os.mkdir(f"{top}/public")
        os.mkdir(f"{top}/public/sub")
        for name, data in (("secret", b"secret"), ("public/a.txt", b"hello\n"),
                           ("public/empty", b""), ("public/big", BIG),
                           ("public/sub/in.html", b"<p>"), ("public/a b&<c>.txt", b"odd")):
            with open(f"{top}/{name}", "wb") as f:
                f.write(data)
        os.utime(f"{top}/public/a.txt", (1700000000, 1700000000))
        os.symlink("../secret", f"{top}/public/out")
        os.symlink(f"{top}/secret", f"{top}/public/absolute")
        os.symlink("a.txt", f"{top}/public/inside")
        os.symlink("..", f"{top}/public/up")
        os.mkfifo(f"{top}/public/fifo")
        self.server = Running("listen", "80", "--http", f"{top}/public", "-q")
        wait_for(lambda: subprocess.run(["curl", "-s", f"http://{AT}/a.txt"],
                                        capture_output=True).returncode == 0)
        return self

    def __exit__(self, *_):
        self.server.__exit__()
        self.dir.cleanup()


def ask(request):
    """Send octets, read to the end: the answers, as they came."""
    with client(AT, 80) as s:
        s.sendall(request)
        s.shutdown(socket.SHUT_WR)
        return read_all(s)


def get(path, *fields, method="GET"):
    """Status, fields and body of one answer."""
    head = "".join(f"{f}\r\n" for f in fields)
    answer = ask(f"{method} {path} HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{head}\r\n"
                 .encode("latin-1"))
    head, _, body = answer.partition(b"\r\n\r\n")
    lines = head.decode().split("\r\n")
    check(lines[0].startswith("HTTP/1.1 "), answer[:200])
    return (int(lines[0].split()[1]),
            {k.lower(): v for k, v in (line.split(": ", 1) for line in lines[1:])}, body)


def files_are_served_with_length_and_type():
    with Site():
        status, fields, body = get("/a.txt")
        check((status, body) == (200, b"hello\n"), f"{status} {body}")
        check(fields["content-length"] == "6")
        check(fields["content-type"].startswith("text/plain"))
        check(fields["last-modified"] == "Tue, 14 Nov 2023 22:13:20 GMT", fields)
        check(fields["connection"] == "close")
        now = email.utils.parsedate_to_datetime(fields["date"]).timestamp()
        check(abs(now - os.stat("/proc/self").st_ctime) < 100, fields["date"])
        check(get("/big")[2] == BIG)
        check(get("/empty")[::2] == (200, b""))
        check(get("/a%2etxt?query=1#x")[2] == b"hello\n")
        check(get("//a.txt")[2] == b"hello\n")
        check(get("http://x/a.txt")[2] == b"hello\n")
        check(get("/inside")[2] == b"hello\n")


def head_sends_no_body():
    with Site():
        status, fields, body = get("/big", method="HEAD")
        check((status, fields["content-length"], body) == (200, str(len(BIG)), b""))
        status, _, body = get("/nosuch", method="HEAD")
        check((status, body) == (404, b""))


def ranges_are_cut_at_both_edges():
    with Site():
        for asked, status, body, of in (
                ("bytes=0-0", 206, b"h", "0-0/6"), ("bytes=1-3", 206, b"ell", "1-3/6"),
                ("bytes=5-5", 206, b"\n", "5-5/6"), ("bytes=5-6", 206, b"\n", "5-5/6"),
                ("bytes=6-", 416, b"", "*/6"), ("bytes=5-", 206, b"\n", "5-5/6"),
                ("bytes=-1", 206, b"\n", "5-5/6"), ("bytes=-6", 206, b"hello\n", "0-5/6"),
                ("bytes=-7", 206, b"hello\n", "0-5/6"), ("bytes=-0", 416, b"", "*/6"),
                ("bytes=3-1", 200, b"hello\n", None), ("lines=1-2", 200, b"hello\n", None),
                ("bytes=0-0,2-2", 200, b"hello\n", None),
                ("bytes=99999999999999999999-", 200, b"hello\n", None)):
            got, fields, text = get("/a.txt", f"Range: {asked}")
            check((got, text) == (status, body), f"{asked}: {got} {text}")
            want = f"bytes {of}" if of else None
            check(fields.get("content-range") == want, f"{asked}: {fields}")
        check(get("/empty", "Range: bytes=0-")[0] == 416)
        old = "If-Range: Tue, 14 Nov 2023 22:13:19 GMT"
        same = "If-Range: Tue, 14 Nov 2023 22:13:20 GMT"
        check(get("/a.txt", "Range: bytes=0-0", old)[0] == 200)
        check(get("/a.txt", "Range: bytes=0-0", same)[0] == 206)
        check(get("/a.txt", "Range: bytes=0-0", 'If-Range: "tag"')[0] == 200)


def what_has_not_changed_is_not_sent_again():
    with Site():
        for second, status in ((19, 200), (20, 304), (21, 304)):
            got, _, body = get("/a.txt",
                               f"If-Modified-Since: Tue, 14 Nov 2023 22:13:{second} GMT")
            check(got == status and (body == b"") == (status == 304), f"{second}: {got}")
        check(get("/a.txt", "If-Modified-Since: yesterday")[0] == 200)


def directories_are_listed_with_names_escaped():
    with Site():
        status, fields, body = get("/")
        check(status == 200 and fields["content-type"].startswith("text/html"))
        check(b'<a href="./a%20b%26%3Cc%3E.txt">a b&amp;&lt;c&gt;.txt</a>' in body, body)
        check(b'<a href="./sub/">sub/</a>' in body and b'"./../"' not in body, body)
        status, fields, _ = get("/sub")
        check((status, fields["location"]) == (301, "/sub/"))
        check(b'"./in.html"' in get("/sub/")[2])
        check(get("/a%20b%26%3Cc%3E.txt")[2] == b"odd")


def nothing_outside_is_served():
    with Site() as site:
        deep = site.dir.name.lstrip("/") + "/secret"
        for path in ("/../secret", "/sub/../../secret", "/%2e%2e/secret", "/..%2fsecret",
                     "/out", "/absolute", "/up/secret", "/up/", "//../secret", "/./../secret",
                     f"/../../../../../../../../{deep}", "/up/../up/secret", f"//{deep}"):
            status, _, body = get(path)
            check(status in (403, 404) and b"secret" not in body, f"{path}: {status} {body}")
        check(get("/sub/../a.txt")[2] == b"hello\n", "beneath the root .. is fine")
        check(get("/fifo")[0] == 403)
        check(get("/nosuch")[0] == 404)


def malformed_requests_are_refused():
    with Site():
        for request, status in (
                (b"GET /a.txt HTTP/1.1\r\n\r\n", 400),
                (b"GET /a.txt HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n", 400),
                (b"GET /a.txt HTTP/1.1\r\nHost : x\r\n\r\n", 400),
                (b"GET /a.txt HTTP/1.1\r\nHost: x\r\n folded\r\n\r\n", 400),
                (b"GET /a.txt HTTP/1.1\r\nHost: x\r\n: empty\r\n\r\n", 400),
                (b"GET /a%00.txt HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /a\0.txt HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /a%zz HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET /a%2 HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET a.txt HTTP/1.1\r\nHost: x\r\n\r\n", 400),
                (b"GET\r\n\r\n", 400), (b"\x16\x03\x01\x02\x00\x01\r\n\r\n", 400),
                (b"GET /a.txt HTTP/2.0\r\nHost: x\r\n\r\n", 505),
                (b"PUT /a.txt HTTP/1.1\r\nHost: x\r\nContent-Length: 3\r\n\r\nabc", 405),
                (b"GET /" + 3000 * b"a" + b" HTTP/1.1\r\nHost: x\r\n\r\n", 414),
                (b"GET /a.txt HTTP/1.1\r\nHost: x\r\nA: " + 9000 * b"a" + b"\r\n\r\n", 431)):
            answer = ask(request)
            check(answer.startswith(b"HTTP/1.1 %d " % status), request[:60] + answer[:60])
        check(b"\r\nAllow: GET, HEAD\r\n" in ask(b"POST / HTTP/1.1\r\nHost: x\r\n\r\n"))


def requests_follow_one_another_on_a_connection():
    one = b"GET /a.txt HTTP/1.1\r\nHost: x\r\n\r\n"
    with Site():
        check(ask(3 * one).count(b"hello\n") == 3, "pipelined")
        with client(AT, 80) as s:
            for _ in range(3):
                for octet in one:
                    s.send(bytes([octet]))
                got = b""
                while not got.endswith(b"hello\n"):
                    got += s.recv(999)
                check(b"Connection: keep-alive" in got)
        check(ask(b"\r\nGET /a.txt HTTP/1.0\r\n\r\n" + one).count(b"hello\n") == 1)
        check(ask(b"GET /a.txt HTTP/1.0\r\nConnection: Keep-Alive\r\n\r\n" + one)
              .count(b"hello\n") == 2)
        check(ask(b"GET /a.txt HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n" + one)
              .count(b"hello\n") == 1)


def curl_fetches_from_an_empty_namespace():
    with tempfile.TemporaryDirectory() as top:
        with open(f"{top}/x", "wb") as f:
            f.write(BIG)
        with Running("listen", "-l", "10.77.0.2", "80", "--http", top).ready():
            done = subprocess.run(["curl", "-sf", "http://10.77.0.2/x"], capture_output=True)
            check(done.stdout == BIG, done.stderr.decode())


def fetch(answer, *args):
    """What get makes of an answer; and what it asked."""
    def serve(s):
        asked = b""
        while b"\r\n\r\n" not in asked:
            asked += s.recv(9999)
        try:
            s.sendall(answer)
            s.shutdown(socket.SHUT_WR)
            read_all(s)
        except OSError:
            pass  # who does not want the rest says so
        return asked

    with Server(serve) as server:
        done = run("get", *args, f"http://10.9.8.1:{server.port}/p?q#f")
        wait_for(lambda: server.result)
        return done, server.result[0].decode(), server.port


def get_reads_bodies_of_every_framing():
    ok = b"HTTP/1.1 200 OK\r\n"
    for answer, body in (
            (ok + b"Content-Length: 5\r\n\r\nhello", "hello"),
            (ok + b"content-length:5\r\n\r\nhello, and more", "hello"),
            (ok + b"Content-Length: 0\r\n\r\n", ""),
            (ok + b"\r\nhello", "hello"),
            (b"HTTP/1.0 200 OK\n\nhello", "hello"),
            (ok + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhe\r\n0003;x=y\r\nllo\r\n0\r\n\r\n",
             "hello"),
            (ok + b"Transfer-Encoding: chunked\r\nContent-Length: 1\r\n\r\n"
                  b"A\r\n0123456789\r\n0\r\nTrailer: x\r\n\r\n", "0123456789"),
            (b"HTTP/1.1 100 Continue\r\n\r\n" + ok + b"Content-Length: 2\r\n\r\nhi", "hi"),
            (b"HTTP/1.1 304 Not Modified\r\nContent-Length: 9\r\n\r\n", ""),
            (b"HTTP/1.1 404 Not Found\r\nContent-Length: 2\r\n\r\nno", "no")):
        (status, out, err), _, _ = fetch(answer)
        check((status, out, err) == (0, body, ""), f"{answer}: {status} {out} {err}")


def get_tells_what_is_wrong_with_an_answer():
    ok = b"HTTP/1.1 200 OK\r\n"
    for answer, words in (
            (b"", "closed without an answer"), (b"SSH-2.0-x\r\n", "did not answer in HTTP"),
            (ok + b"Content-Length: 6\r\n\r\nhello", "before the end"),
            (ok + b"Content-Length: -1\r\n\r\n", "did not answer in HTTP"),
            (ok + b"Transfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n", "before the end"),
            (ok + b"Transfer-Encoding: chunked\r\n\r\n2\r\nhello\r\n0\r\n\r\n", "chunks"),
            (ok + b"Transfer-Encoding: chunked\r\n\r\nx\r\n", "chunks"),
            (ok + b"Transfer-Encoding: chunked\r\n\r\nfffffffffffffffff\r\n", "chunks")):
        (status, _, err), _, _ = fetch(answer)
        check(status == 1 and words in err and err.count("\n") == 1, f"{answer}: {err}")


def get_asks_as_curl_does_and_shows_it():
    answer = b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\nX: \x1b[31m\r\n\r\nhi"
    (status, out, err), asked, port = fetch(answer, "-v")
    lines = asked.split("\r\n")
    check(lines[0] == "GET /p?q HTTP/1.1" and f"Host: 10.9.8.1:{port}" in lines, asked)
    check((status, out) == (0, "hi"))
    check("> GET /p?q HTTP/1.1\n" in err and "< HTTP/1.1 200 OK\n" in err, err)
    check("\x1b" not in err, "a server controls the terminal")


def get_writes_where_it_is_told():
    with tempfile.TemporaryDirectory() as top:
        done, _, _ = fetch(b"HTTP/1.1 200 OK\r\n\r\nhello", "-o", f"{top}/x", "--explain")
        check(done[0] == 0 and "SYN_SENT" in done[1] and done[2] == "", str(done))
        with open(f"{top}/x", "rb") as f:
            check(f.read() == b"hello")
        (status, _, err), _, _ = fetch(b"HTTP/1.1 200 OK\r\n\r\nhello", "-o", "/dev/full")
        check(status == 1 and "/dev/full" in err and "No space left" in err, err)
        check(err.count("\n") == 1, err)
        (status, _, err), _, _ = fetch(b"HTTP/1.1 200 OK\r\n\r\nhello", "-o", f"{top}/no/x")
        check(status == 1 and f"{top}/no/x" in err, err)


def get_fetches_from_the_kernel_over_ipv6():
    def serve(s):
        s.recv(9999)
        s.sendall(b"HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n" % len(BIG) + BIG)

    with tempfile.TemporaryDirectory() as top, Server(serve, "::") as server:
        done = run("get", "-o", f"{top}/x", f"http://[fd09:8::1]:{server.port}/")
        check(done == (0, "", ""), str(done))
        with open(f"{top}/x", "rb") as f:
            check(f.read() == BIG)


def get_says_why_it_cannot_connect():
    refused(1, ("10.9.8.1 port 1", "refused"), "get", "http://10.9.8.1:1/")
    refused(1, "timed out", "get", "--timeout", "0.3", "http://10.9.8.77/")


if __name__ == "__main__":
    alone()
    sys.exit(main([
        files_are_served_with_length_and_type, head_sends_no_body,
        ranges_are_cut_at_both_edges, what_has_not_changed_is_not_sent_again,
        directories_are_listed_with_names_escaped, nothing_outside_is_served,
        malformed_requests_are_refused, requests_follow_one_another_on_a_connection,
        curl_fetches_from_an_empty_namespace, get_reads_bodies_of_every_framing,
        get_tells_what_is_wrong_with_an_answer, get_asks_as_curl_does_and_shows_it,
        get_writes_where_it_is_told, get_fetches_from_the_kernel_over_ipv6,
        get_says_why_it_cannot_connect,
    ]))
