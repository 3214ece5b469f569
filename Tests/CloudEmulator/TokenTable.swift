/// All tokens, found by value and by id, in the order of their creation.
struct TokenTable: Sendable {
    private(set) var all: [EmulatedToken] = []
    private var byValue: [String: Int] = [:]
    private var byID: [String: Int] = [:]
    private var byOwner: [String: [Int]] = [:]
    /// The names that organizations have given, `organization/name`.
    private var names: Set<String> = []

    subscript(index: Int) -> EmulatedToken {
        get { all[index] }
        set { all[index] = newValue }
    }

    @discardableResult
    mutating func add(_ token: EmulatedToken) -> Int {
        let index = all.count
        all.append(token)
        byValue[token.value] = index
        byID[token.id] = index
        byOwner[token.owner, default: []].append(index)
        if !token.name.isEmpty { names.insert("\(token.organization)/\(token.name)") }
        return index
    }

    func index(ofValue value: String) -> Int? { byValue[value] }

    func index(ofID id: String) -> Int? { byID[id] }

    /// Whether an organization already had a token with this name.
    func hasName(_ name: String, in organization: String) -> Bool { names.contains("\(organization)/\(name)") }

    /// Positions of a user's tokens, oldest first.
    func indices(ofOwner owner: String) -> [Int] { byOwner[owner] ?? [] }

    /// Forgets what fails the test.
    mutating func keep(where isKept: (EmulatedToken) -> Bool) {
        let kept = all.filter(isKept)
        self = TokenTable()
        for token in kept { add(token) }
    }
}
