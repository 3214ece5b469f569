import CloudEmulator
import JobBench
import TestBench
import Testing

/// `exec` where somebody sits at a terminal: everything is as without us, but for the secrets.
@Suite(.ownThreads) struct ExecTerminalTests {
    private func scenario(_ text: String, sourceLocation: SourceLocation = #_sourceLocation) throws {
        let machine = try BuildMachine()
        try TerminalScenario.run(machine, text, sourceLocation: sourceLocation)
        expectNothingLeft(machine, sourceLocation: sourceLocation)
    }

    // MARK: Being at a terminal

    @Test func `the command is at a terminal of the same size, and its secrets are hidden`() throws {
        try scenario(
            """
            program = 'import os, sys; print([os.isatty(n) for n in range(3)], os.get_terminal_size(), open("/dev/tty"))'
            t = Terminal(exec_words('--', '/usr/bin/env', 'python3', '-c', program))
            t.expect(r'\\[True, True, True\\] os.terminal_size\\(columns=100, lines=40\\).*name=./dev/tty')
            assert t.wait() == 0
            t = Terminal(exec_words('--', '/bin/sh', '-c', 'echo "<$PULUMI_ACCESS_TOKEN>"; ls --color=auto -d /'))
            t.expect(r'<\\*\\*\\*>\\r\\n.*\\x1b\\[')
            assert t.wait() == 0
            """
        )
    }

    @Test func `a new size reaches the command`() throws {
        try scenario(
            """
            program = '''import os, signal
            signal.signal(signal.SIGWINCH, lambda *_: os.write(1, ("columns %d" % os.get_terminal_size()[0]).encode()))
            os.write(1, b"ready")
            os.read(0, 1)'''
            t = Terminal(exec_words('--', '/usr/bin/env', 'python3', '-c', program))
            t.expect('ready')
            t.resize(50, 120)
            t.expect('columns 120')
            t.send('\\n')
            assert t.wait() == 0
            """
        )
    }

    @Test func `passwords are not echoed, and single keys arrive at once`() throws {
        try scenario(
            """
            program = '''import getpass, os, tty
            print("got", getpass.getpass("Password: "))
            tty.setraw(0)
            os.write(1, b"key? ")
            os.write(1, b"key %d" % os.read(0, 1)[0])'''
            t = Terminal(exec_words('--', '/usr/bin/env', 'python3', '-c', program))
            t.expect('Password: ')
            t.send('hush\\n')
            assert t.expect('got').count('hush') == 0
            t.expect('key\\\\? ')
            t.send('\\x03')
            t.expect('key 3')
            assert t.wait() == 0
            """
        )
    }

    @Test func `long output comes unchanged`() throws {
        try scenario(
            """
            t = Terminal(exec_words('--', 'seq', '1', '20000'))
            t.expect('\\n20000\\r\\n')
            assert t.output == b''.join(b'%d\\r\\n' % n for n in range(1, 20001))
            assert t.wait() == 0
            """
        )
    }

    // MARK: Keys

    @Test func `Ctrl-C reaches a command that handles it, once`() throws {
        try scenario(
            """
            program = '''import os, signal
            signal.pthread_sigmask(signal.SIG_BLOCK, {signal.SIGINT})
            os.write(1, b"ready")
            for _ in range(3): os.write(1, b"interrupted by %d" % signal.sigwait({signal.SIGINT}))
            os.read(0, 1)
            os.write(1, b"over")
            os._exit(3)'''
            t = Terminal(exec_words('--kill-after', '1s', '--', '/usr/bin/env', 'python3', '-c', program))
            t.expect('ready')
            for _ in range(3):
                t.send('\\x03')
                t.expect('interrupted by 2')
            t.send('\\n')
            t.expect('over')
            assert t.wait() == 3 << 8, 'a command that handles Ctrl-C goes on for as long as it likes'
            """
        )
    }

    @Test func `Ctrl-C ends a command, and then what is around it`() throws {
        try scenario(
            """
            t = Terminal(exec_words('--', 'sleep', '1000'))
            until(lambda: len(tree(t.pid)) == 3 and b'sleep' in open('/proc/%d/cmdline' % tree(t.pid)[2], 'rb').read(6))
            t.send('\\x03')
            assert t.wait() == signal.SIGINT, 'by the signal, so that a shell leaves its loop'
            assert t.modes() == t.before
            s = Shell()
            s.run('for n in 1 2 3; do $TOOL exec -q -- sh -c "echo round; exec sleep 1000"; done; echo over')
            s.expect('round\\r\\n')
            s.send('\\x03')
            s.prompt()
            assert s.output.count(b'round\\r\\n') == 1
            t = Terminal(['/bin/sh', '-c', '$TOOL exec -q -- sh -c "echo round; exec sleep 1000"; echo over'])
            t.expect('round')
            t.send('\\x03')
            assert t.wait() == signal.SIGINT
            assert b'over' not in t.output
            """
        )
    }

    @Test func `Ctrl-Z stops the command and us, fg continues, and the terminal is as it was in between`() throws {
        try scenario(
            """
            s = Shell()
            before = s.modes()
            s.run('$TOOL exec -q -- sh -c "echo ready; read line; echo got \\\\$line; exec sleep 1000"')
            s.expect('ready\\r\\n')
            s.send('\\x1a')
            s.expect('Stopped')
            s.prompt()
            assert s.modes()[:4] == before[:4]
            assert [state(pid) for pid in tree(s.pid)[1:]].count('T') == 2
            s.resize(30, 70)
            s.run('fg')
            s.expect('1000"')
            s.send('line\\n')
            s.expect('got line')
            s.send('\\x03')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `a stopped command goes on in the background, and in the foreground again`() throws {
        try scenario(
            """
            s = Shell()
            s.run('$TOOL exec -q -- sh -c "echo ready; read line; echo got \\\\$line"')
            s.expect('ready\\r\\n')
            s.send('\\x1a')
            s.expect('Stopped')
            s.prompt()
            s.run('bg')
            s.run('echo the shell has the keyboard')
            s.expect('the shell has the keyboard\\r\\n')
            s.run('fg')
            s.expect('line"')
            s.send('line\\n')
            s.expect('got line')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `a stop is for everybody in the foreground`() throws {
        try scenario(
            """
            open(os.environ['FOLDER'] + '/script', 'w').write('$TOOL exec -q -- sh -c "echo ready; read line"; echo over')
            s = Shell()
            s.run('sh $FOLDER/script')
            s.expect('ready\\r\\n')
            s.send('\\x1a')
            s.expect('Stopped')
            s.prompt()
            s.run('fg')
            s.expect('script')
            s.send('line\\n')
            s.expect('over')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    // MARK: Parts of a terminal

    @Test func `without redaction it is a job like any other`() throws {
        try scenario(
            """
            s = Shell()
            s.run('$TOOL exec -q --no-redact -- sh -c "tty; read line; echo got \\\\$line; exec sleep 1000"')
            s.expect(re.escape(os.ttyname(s.slave)))
            s.send('\\x1a')
            s.expect('Stopped')
            s.prompt()
            s.run('fg')
            s.expect('1000"')
            s.send('line\\n')
            s.expect('got line')
            s.send('\\x03')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `a redirected stream stays redirected`() throws {
        try scenario(
            """
            program = 'import os; print([os.isatty(n) for n in range(3)], os.get_terminal_size(2)[0], file=open("/dev/tty", "w"))'
            words = exec_words('--', '/usr/bin/env', 'python3', '-c', program)
            quoted = ' '.join("'" + word + "'" for word in words)
            s = Shell()
            s.run(quoted + ' > /dev/null')
            s.expect(r'\\[True, False, True\\] 100\\r\\n')
            s.prompt()
            s.run(quoted + ' 2>&1 | cat')
            s.expect('PROMPT> ')
            assert 'OSError' in s.output.decode()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `with the output in a file, the keyboard is lent to the command when it reads`() throws {
        try scenario(
            """
            s = Shell()
            log = os.environ['FOLDER'] + '/log'
            s.run('$TOOL exec -q -- sh -c "echo ready; read line; echo got \\\\$line; exec sleep 1000" > $FOLDER/log')
            until(lambda: os.path.exists(log) and open(log).read() == 'ready\\n')
            s.send('line\\n')
            until(lambda: open(log).read() == 'ready\\ngot line\\n')
            s.send('\\x1a')
            s.expect('Stopped')
            s.prompt()
            s.run('fg')
            until(lambda: os.tcgetpgrp(s.master) == tree(s.pid)[-1])
            s.send('\\x03')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `in a pipeline the terminal belongs to all, and Ctrl-C is for all`() throws {
        try scenario(
            """
            s = Shell()
            s.run('$TOOL exec -q -- sh -c "echo ready; exec sleep 1000" | cat')
            s.expect('ready\\r\\n')
            s.send('\\x03')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    @Test func `a background job that reads is stopped, as without us`() throws {
        try scenario(
            """
            s = Shell()
            s.run('$TOOL exec -q -- sh -c "read line; echo got \\\\$line" &')
            s.prompt()
            until(lambda: [state(pid) for pid in tree(s.pid)[1:]].count('T') == 2)
            while b'Stopped' not in s.output:
                s.send('\\n')
                s.prompt()
            s.run('fg')
            s.expect('read line')
            s.send('line\\n')
            s.expect('got line')
            s.prompt()
            s.run('exit')
            s.wait()
            """
        )
    }

    // MARK: Ends

    @Test func `a command that the kernel does not start ends us, and the token`() throws {
        try scenario(
            """
            path = os.environ['TMPDIR'] + '/half'
            with open(path, 'wb') as half: half.write(open('/bin/true', 'rb').read(64))
            os.chmod(path, 0o755)
            t = Terminal(exec_words('--', path))
            t.expect('half: exec format error')
            assert t.wait() == 126 << 8
            assert t.modes() == t.before
            """
        )
    }

    @Test(arguments: ["SIGTERM", "SIGHUP", "SIGINT"])
    func `the terminal is as it was after a signal`(name: String) throws {
        try scenario(
            """
            t = Terminal(exec_words('--', '/bin/sh', '-c', 'echo ready; exec sleep 1000'))
            t.expect('ready')
            assert not t.modes()[3] & termios.ICANON, 'the pseudo-terminal decides what keys do'
            os.kill(t.pid, signal.\(name))
            assert t.wait() == (128 + signal.\(name)) << 8
            assert t.modes() == t.before
            """
        )
    }

    @Test func `a command that has had its time is killed on its terminal too`() throws {
        try scenario(
            """
            t = Terminal(exec_words('--kill-after', '1s', '--', '/bin/sh', '-c', 'trap "" TERM; echo ready; exec sleep 1000'))
            t.expect('ready')
            os.kill(t.pid, signal.SIGTERM)
            assert t.wait() == (128 + signal.SIGKILL) << 8
            assert t.modes() == t.before
            """
        )
    }

    @Test func `a terminal that is closed ends the command`() throws {
        try scenario(
            """
            s = Shell()
            s.run('$TOOL exec -q -- sh -c "echo ready; exec sleep 1000"')
            s.expect('ready\\r\\n')
            tool, *rest = tree(s.pid)[1:]
            os.close(s.slave)
            os.close(s.master)
            until(lambda: not any(state(pid) for pid in [tool, *rest]))
            """
        )
    }

    @Test func `what is killed with us on a terminal gets SIGHUP`() throws {
        let machine = try BuildMachine()
        try TerminalScenario.run(
            machine,
            """
            t = Terminal(exec_words('--', '/bin/sh', '-c', 'echo ready; exec sleep 1000'))
            t.expect('ready')
            rest = tree(t.pid)[1:]
            os.kill(t.pid, signal.SIGKILL)
            t.wait()
            until(lambda: not any(state(pid) not in ('', 'Z') for pid in rest))
            """
        )
        #expect(machine.cloud.wait { $0.liveTokens == 0 })
        #expect(try machine.exec([], "true").status == 0)
    }

    @Test func `no process on the terminal shows the parent credential, and only the command the token`() throws {
        let machine = try BuildMachine()
        try TerminalScenario.run(
            machine,
            """
            t = Terminal(exec_words('--', '/bin/sh', '-c', 'echo ready; read line; exit'))
            t.expect('ready')
            def with_environment(text):
                return [pid for pid in tree(t.pid) if text in open('/proc/%d/environ' % pid, 'rb').read()]
            tool, leader, command = tree(t.pid)
            parent = os.environ['PULUMI_ACCESS_TOKEN'].encode()
            assert with_environment(parent) == []
            token = re.search(rb'PULUMI_ACCESS_TOKEN=([^\\0]+)', open('/proc/%d/environ' % command, 'rb').read()).group(1)
            assert with_environment(token) == [command]
            assert os.path.basename(os.readlink('/proc/%d/fd/0' % command)) != '' and not os.path.exists('/proc/%d/fd/0' % leader)
            t.send('\\n')
            assert t.wait() == 0
            """
        )
        expectNothingLeft(machine)
    }
}
