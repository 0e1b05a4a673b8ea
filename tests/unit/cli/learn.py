# SPDX-License-Identifier: MIT
"""synfin learn in a terminal of 80 by 24, from the first question to the score, in both
languages.  tmux is the terminal."""

import os
import re
import subprocess
import sys
import time

from _rig import SYNFIN, check, main, refused

PATIENCE = 20  # seconds that anything on the screen may take


class Screen:
    """A program in a terminal of its own."""

    def __init__(self, *args, columns=80, lines=24, locale="C.UTF-8"):
        self.name = f"synfin-{os.getpid()}-{columns}-{time.monotonic_ns()}"
        command = " ".join(["env", f"LC_ALL={locale}", "TERM=screen", SYNFIN, *args])
        self.tmux("-f", "/dev/null", "new-session", "-d", "-x", str(columns), "-y", str(lines),
                  f"{command}; cat")  # cat keeps the terminal open

    def tmux(self, *args):
        done = subprocess.run(["tmux", "-L", self.name, *args], capture_output=True,
                              timeout=PATIENCE, check=False)
        return done.stdout.decode()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.tmux("kill-server")

    def until(self, *patterns, gone=None):
        """The screen as soon as it has all of these, and not that."""
        end = time.monotonic() + PATIENCE
        text = ""
        while time.monotonic() < end:
            text = self.tmux("capture-pane", "-p")
            if all(re.search(p, text) for p in patterns) and not (gone and
                                                                  re.search(gone, text)):
                return text
            time.sleep(0.02)  # the terminal tells nobody when it changes
        raise AssertionError(f"no {patterns} in\n{text}")

    def press(self, key):
        self.tmux("send-keys", key)


def play(screen, right, wrong, score, answer):
    """To the end: how many questions there were, and how many answers were right."""
    asked = good = 0
    while True:
        text = screen.until(r"\n  4  ")
        seen = re.search(r"(\d+)/(\d+)", text)
        check(int(seen.group(2)) == asked and int(seen.group(1)) == good, text)
        screen.press(answer)
        asked += 1
        text = screen.until(f"{right}|{wrong}")
        good += right in text
        screen.press("Space")
        text = screen.until(rf"{good}/{asked}", gone=f"{right}|{wrong}")
        if score in text:
            check(f"{score}: {good} / {asked}" in text, text)
            return asked, good


def a_lab_is_played_to_its_score():
    with Screen("learn", "close-in-four") as screen:
        text = screen.until("Which segment comes next", "q quit")
        check(max(len(line) for line in text.splitlines()) <= 80, text)
        asked, good = play(screen, "Right.", "No, it is", "Score", "1")
        check(asked >= 12 and 0 < good < asked, f"{good} of {asked}")
        screen.press("Space")
        screen.until(f"close-in-four: {good} of {asked}")


def it_speaks_chinese():
    with Screen("learn", "--lang", "zh", "lost-syn") as screen:
        screen.until("下一个报文段是什么", "退出")
        asked, good = play(screen, "正确。", "不对", "得分", "2")
        check(asked >= 8, f"{good} of {asked}")


def the_language_changes_and_the_question_stays():
    with Screen("learn", "refused") as screen:
        text = screen.until("Which segment comes next")
        choices = re.findall(r"\n  \d  .*: (SYN|SYN,ACK|RST|ACK)\n", text)
        screen.press("l")
        text = screen.until("下一个报文段是什么")
        check(re.findall(r"\n  \d  .*: (SYN|SYN,ACK|RST|ACK)\n", text) == choices, text)
        screen.press("q")
        screen.until("refused: 0 of 0")


def the_right_answer_is_right():
    """Which choice is the client's SYN is known for the first question of any lab."""
    with Screen("learn", "close-in-three") as screen:
        text = screen.until("Which segment comes next")
        place = re.search(r"\n  (\d)  client: SYN\n", text).group(1)
        screen.press(place)
        screen.until(r"Right\. Whoever opens", "1/1")
        screen.press("Space")
        text = screen.until("The client sends: SYN. In which state is the client then")
        place = re.search(r"\n  (\d)  (?!SYN_SENT)", text).group(1)
        right = re.search(r"\n  (\d)  SYN_SENT\n", text).group(1)
        screen.press(place)
        screen.until(rf"No, it is {right}\. CLOSED -> SYN_SENT: RFC 9293 s3\.10\.1", "1/2")


def without_utf8_there_is_ascii():
    with Screen("learn", "lost-fin", locale="C") as screen:
        for _ in range(3):
            screen.until(r"\n  4  ", gone="Right|No, it is")
            screen.press("1")
            screen.until("Right|No, it is")
            screen.press("Space")
        text = screen.until(r"/3", r"\n  4  ", gone="Right|No, it is")
        check(all(ord(c) < 128 for c in text), text)


def a_small_terminal_is_refused():
    with Screen("learn", "lost-syn", columns=70, lines=20) as screen:
        screen.until("80 by 24 are")


def what_cannot_be_is_said():
    refused(2, "one lab", "learn")
    refused(2, "terminal", "learn", "lost-syn")


if __name__ == "__main__":
    sys.exit(main([
        a_lab_is_played_to_its_score, it_speaks_chinese,
        the_language_changes_and_the_question_stays, the_right_answer_is_right,
        without_utf8_there_is_ascii, a_small_terminal_is_refused, what_cannot_be_is_said,
    ]))
