// The code that the documentation quotes, run on real backends.
import '../docs/examples/first-backend.test.ts'
import '../docs/examples/guide.test.ts'
