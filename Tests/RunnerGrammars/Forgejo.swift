/// Forgejo's runner 12, and Gitea's before 2026.
package enum Forgejo {
    package static let files = ActFamily(knowsByteOrderMark: false)

    /// What becomes of a step's output: a mask is taken as it stands, escapes and all.
    package static func log(of output: String) -> WorkflowLog {
        output.lines { $0 == "\n" }.reduce(into: WorkflowLog()) { log, line in
            let line = String(line.unicodeScalars.reversed().drop { $0 == "\r" }.reversed().map(Character.init))
            guard !line.isEmpty else { return }
            guard let groups = line.groups(of: "(?s)::([^ :]+)( .*)?::(.*)"), let name = groups[0],
                let data = groups[2],
                WorkflowLog.names.contains(name)
            else { return log.printed.append(line) }
            guard name == "add-mask" else { return log.commands.append(.init(name: name, data: data)) }
            log.masks.insert(data)
        }
    }
}
