import JobBench
import TestBench
import Testing

/// Somebody at a terminal: a Python script that starts programs on a pseudo-terminal, types, and reads.
struct TerminalScenario {
    /// What scenarios are written with.
    private static let driver = #"""
        import fcntl, os, re, select, signal, struct, sys, termios
        TOOL = os.environ['TOOL']

        def exec_words(*words): return [TOOL, 'exec', '-q', *words]

        class Terminal:
            """A program on a terminal of its own, which it controls."""
            def __init__(self, words, rows=40, columns=100, environment=None):
                self.master, self.slave = os.openpty()
                self.resize(rows, columns)
                self.before = self.modes()
                self.pid = os.fork()
                if self.pid == 0:
                    os.setsid()
                    fcntl.ioctl(self.slave, termios.TIOCSCTTY, 0)
                    for number in range(3): os.dup2(self.slave, number)
                    os.closerange(3, 256)
                    os.execve(words[0], words, dict(os.environ, **(environment or {})))
                self.output, self.seen = b'', 0
            def resize(self, rows, columns):
                fcntl.ioctl(self.master, termios.TIOCSWINSZ, struct.pack('HHHH', rows, columns, 0, 0))
            def send(self, text):
                os.write(self.master, text.encode())
            def read(self):
                if not select.select([self.master], [], [], 60)[0]: raise Exception('nothing came: %r' % self.output)
                self.output += os.read(self.master, 65536)
            def expect(self, pattern):
                while True:
                    found = re.search(pattern.encode(), self.output[self.seen:], re.S)
                    if found:
                        text = self.output[self.seen:self.seen + found.end()].decode()
                        self.seen += found.end()
                        return text
                    self.read()
            def modes(self):
                return termios.tcgetattr(self.slave)
            def wait(self):
                return os.waitpid(self.pid, 0)[1]

        class Shell(Terminal):
            """A shell with job control."""
            def __init__(self):
                super().__init__(['/bin/bash', '--norc', '--noprofile', '-i'], environment={'PS1': 'PROMPT> '})
                self.expect('PROMPT> ')
            def run(self, line):
                self.send(line + '\n')
                self.expect(re.escape(line[-20:]))
            def prompt(self):
                self.expect('PROMPT> ')

        def tree(pid):
            pids = [pid]
            for one in pids:
                try: pids += [int(word) for word in open('/proc/%d/task/%d/children' % (one, one)).read().split()]
                except OSError: pass
            return pids

        def state(pid):
            try: return re.search(r'State:\s+(\w)', open('/proc/%d/status' % pid).read()).group(1)
            except OSError: return ''

        def until(condition):
            """Waits for what the kernel does not tell."""
            for _ in range(12000):
                if condition(): return
                select.select([], [], [], 0.005)
            raise Exception('it does not come to pass')
        """#

    /// Runs a scenario; its own complaints are the test's.
    static func run(
        _ machine: BuildMachine,
        _ scenario: String,
        sourceLocation: SourceLocation = #_sourceLocation
    ) throws {
        let variables = ["TOOL": Executable.path, "FOLDER": machine.sandbox.path, "TERM": "xterm"]
        let environment = machine.shellEnvironment.merging(variables) { $1 }
        var program = Program("python3", ["-c", driver + "\n" + scenario], environment: environment)
        // What a scenario leaves behind ends with it.
        program.hasOwnGroup = true
        let result = try program.run()
        #expect(result.status == 0, "\(result.error)", sourceLocation: sourceLocation)
    }
}
