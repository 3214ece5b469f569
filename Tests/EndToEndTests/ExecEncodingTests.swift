import CloudEmulator
import JobBench
import TestBench
import Testing

/// The token as real programs write it.
@Suite(.ownThreads) struct ExecEncodingTests {
    /// A program, and how many characters around the secret part it may show.
    struct Writer: CustomTestStringConvertible {
        let script: String
        var shown = 20

        var testDescription: String { script }
    }

    static let writers = [
        Writer(script: "echo ${T#pul-}"),
        Writer(script: "echo $T | cut -c5-"),
        Writer(script: "echo $T | tr a-z A-Z"),
        Writer(script: "echo $T | sed s/-/%2D/"),
        Writer(script: "echo $T | grep --color=always pul"),
        Writer(script: "echo $T | grep --color=always '[0-9]'", shown: 600),
        Writer(script: "printf %s $T | base64 -w0 | base64 -w0"),
        Writer(script: "printf %s $T | base64 | base64"),
        Writer(script: "printf 'x:%s\\n' $T | base64 | base64"),
        Writer(script: "printf 'xy:%s\\n' $T | base64 -w0 | base64 -w0"),
        Writer(script: "printf %s $T | iconv -t UTF-16LE"),
        Writer(script: "printf %s $T | iconv -t UTF-16LE | base64 -w0", shown: 20),
        Writer(script: "printf %s $T | base32"),
        Writer(script: "printf 'key=%s\\n' $T | base32", shown: 24),
        Writer(script: "printf %s $T | od -An -v -tx1"),
        Writer(script: "printf 'access=%s' $T | od -An -v -tx1", shown: 40),
        Writer(script: "printf %s $T | xxd -p"),
        Writer(script: "printf %s $T | xxd -p -u"),
        Writer(script: "printf %s $T | xxd -p | sed 's/../\\\\x&/g' | tr -d '\\n'", shown: 20),
        Writer(script: "python3 -c 'import os; print(list(os.environ[\"T\"].encode()))'", shown: 24),
        Writer(script: "python3 -c 'import os; print(os.environ[\"T\"].encode().hex(\":\"))'"),
        Writer(script: "python3 -c 'import os; print(os.environ[\"T\"].encode().hex(\"-\").upper())'"),
        Writer(script: "python3 -c 'import os; print(\", \".join(map(hex, os.environ[\"T\"].encode())))'", shown: 25),
        // As Go's fmt prints a []byte.
        Writer(
            script: "python3 -c 'import os; print(\"[\" + \" \".join(map(str, os.environ[\"T\"].encode())) + \"]\")'",
            shown: 20
        ),
    ]

    @Test(arguments: writers)
    func `is hidden, but for its public prefix`(writer: Writer) throws {
        let machine = try BuildMachine()
        let result = try machine.exec(["--env-name", "T"], writer.script)
        #expect(result.status == 0, "\(result.error)")
        #expect(result.output.contains("***"))
        #expect(result.outputBytes.count { $0 != UInt8(ascii: "*") } <= writer.shown, "\(result.output)")
        let token = try #require(machine.cloud.tokens(.minted).first?.value)
        #expect(leaks(of: token, in: result.output) == [])
    }

    @Test func `what passes through a terminal's colors keeps them`() throws {
        let machine = try BuildMachine()
        let script = "echo plain $PULUMI_ACCESS_TOKEN behind | grep --color=always pul-"
        let result = try machine.exec([], script)
        #expect(result.output == "plain \u{1B}[01;31m\u{1B}[K***\u{1B}[m\u{1B}[K*** behind\n")
    }
}
