/// Finds what a mistyped word was meant to be.
enum Spelling {
    /// The candidate with the fewest edits; nil when all differ in more than a third of their letters.
    static func nearest(to word: String, among candidates: [String]) -> String? {
        let ranked = candidates.map { (candidate: $0, edits: distance(word, $0)) }
        guard let best = ranked.min(by: { $0.edits < $1.edits }) else { return nil }
        return best.edits <= max(1, best.candidate.count / 3) ? best.candidate : nil
    }

    /// Insertions, deletions, replacements and swaps of neighbors that turn one word into the other.
    static func distance(_ left: String, _ right: String) -> Int {
        let (a, b) = (Array(left), Array(right))
        var rows = [Array(0...b.count)]
        for i in 0..<a.count {
            var row = [i + 1]
            for j in 0..<b.count {
                var best = min(rows[i][j + 1], row[j]) + 1
                best = min(best, rows[i][j] + (a[i] == b[j] ? 0 : 1))
                if i > 0, j > 0, a[i] == b[j - 1], a[i - 1] == b[j] { best = min(best, rows[i - 1][j - 1] + 1) }
                row.append(best)
            }
            rows.append(row)
        }
        return rows[a.count][b.count]
    }

    /// The option that a word was meant to be: another tool's name for it, its beginning, or a typing error.
    static func option(meantBy word: String, among options: [Option]) -> Option? {
        let name = String(word.drop { $0 == "-" }.prefix { $0 != "=" })
        let begun = options.filter { name.count > 2 && $0.name.hasPrefix(name) }
        let meant =
            options.first { $0.name == habits[name] } ?? (begun.count == 1 ? begun.first : nil)
            ?? options.first { "--" + $0.name == nearest(to: "--" + name, among: options.map { "--" + $0.name }) }
        return meant
    }

    /// What other tools call our options.
    private static let habits = [
        "age": "older-than", "duration": "ttl", "expiration": "ttl", "expiry": "expires", "lifetime": "ttl",
        "max-age": "older-than", "name": "description", "output": "export", "url": "cloud-url", "cacert": "ca-file",
        "format": "json", "dry": "dry-run", "token-file": "access-token-file",
    ]
}

extension Command {
    /// The command that a word was meant to be; nil when it resembles none.
    static func nearest(to word: String) -> Command? {
        habits[word] ?? Spelling.nearest(to: word, among: allCases.map(\.rawValue)).flatMap(Command.init)
    }

    /// What other tools call our commands.
    private static let habits: [String: Command] = [
        "run": .exec, "ls": .list, "show": .list, "rm": .revoke, "remove": .revoke, "delete": .revoke, "del": .revoke,
        "logout": .revoke, "create": .mint, "new": .mint, "issue": .mint, "generate": .mint, "get": .mint,
        "login": .mint, "clean": .sweep, "cleanup": .sweep, "prune": .sweep, "gc": .sweep, "check": .doctor,
        "status": .doctor, "mask": .redact, "completion": .completions,
    ]
}
