/// What the whole command line asks for, before the words of a command are read.
enum Invocation: Equatable {
    /// No command at all.
    case nothing
    case overview
    case version(isVerbose: Bool)
    /// A command, and all other words in their order.
    case command(Command, [String])
    /// A word in the place of a command.
    case unknown(String, nearest: Command?)
    case unknownOption(UsageError)

    /// Options may stand before the command, as in `pulumi-token -v mint`.
    ///
    /// - Parameter words: the command line without the program's name.
    init(_ words: [String]) {
        var options: [String] = []
        var rest = words[...]
        while let word = rest.popFirst() {
            if ["--version", "-V", "version"].contains(word) {
                self = .version(isVerbose: !Set(options + rest).isDisjoint(with: ["--verbose", "-v"]))
                return
            }
            guard word.hasPrefix("-") else {
                guard let command = Command(rawValue: word) else {
                    self = .unknown(word, nearest: .nearest(to: word))
                    return
                }
                self = .command(command, options + rest)
                return
            }
            guard let option = Option.table.first(where: { $0.isNamed(by: word) }) else {
                self = .unknownOption(.unknownOption(word, among: Option.table, hint: Help.pointer))
                return
            }
            options.append(word)
            if option.placeholder != nil, !word.contains("="), let value = rest.popFirst() { options.append(value) }
        }
        let asksForHelp = options.contains { Option.help.isNamed(by: $0) }
        self = asksForHelp ? .overview : .nothing
    }
}

extension Option {
    /// Whether a word is this option, with or without a value behind an equals sign, or several in one, as in `-qv`.
    func isNamed(by word: String) -> Bool {
        let name = String(word.prefix { $0 != "=" })
        return name == "--" + self.name || short.map { Self.letters(of: name)?.contains($0) ?? false } ?? false
    }

    /// The letters of `-q` or `-qv`; nil for any other word.
    static func letters(of word: String) -> [Character]? {
        let letters = Array(word.dropFirst())
        let known = table.compactMap(\.short)
        guard word.hasPrefix("-"), !letters.isEmpty, letters.allSatisfy(known.contains) else { return nil }
        return letters
    }
}

extension UsageError {
    /// An option that no command has, or not this one.
    static func unknownOption(_ word: String, among options: [Option], hint: String) -> UsageError {
        // A secret typed by mistake must not come back in an error text.
        let shown = word.hasPrefix("--") && word.utf8.count <= 40 ? " " + quoted(word) : ""
        let nearest = Spelling.option(meantBy: word, among: options)
        return UsageError("unknown option\(shown)", hint: nearest.map { "did you mean --\($0.name)?" } ?? hint)
    }
}
