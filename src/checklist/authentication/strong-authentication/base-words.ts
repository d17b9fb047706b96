/**
 * What people base passwords on, written down from common knowledge: no list of leaked passwords was copied. The
 * generator decorates and combines them.
 */
export const BASE_WORDS: readonly string[] = `
password passw0rd passwort passwords passphrase motdepasse contrasena contraseña senha parola haslo heslo wachtwoord
losenord salasana kodeord geheim sekret secret secreto secure security sicherheit sicher login logon signin access
admin administrator administrador root superuser sysadmin system server manager default guest user username account
test testing tester demo sample example changeme changeit letmein letmeinnow openup opensesame welcome willkommen
bienvenue bienvenido welkom hello hallo hola bonjour ciao goodbye goodmorning goodnight office computer laptop
internet wireless network database backup support helpdesk company business service master mastermind whatever
nothing something anything everything nopassword mypassword yourpassword thepassword newpassword oldpassword
iloveyou iloveme loveyou lovely lover forever always together friends friendship family mother father sister brother
mommy daddy mamma grandma baby babygirl babyboy sweetheart sweetie honey sugar angel angels princess prince queen
king kingdom darling treasure heart hearts kisses hugs beautiful pretty handsome gorgeous awesome amazing perfect
happy happiness smile sunshine sunny rainbow flower flowers butterfly summer winter spring autumn january february
march april may june july august september october november december monday tuesday wednesday thursday friday saturday
sunday weekend holiday christmas easter halloween birthday newyear midnight morning evening tonight tomorrow yesterday
football baseball basketball soccer hockey tennis golf volleyball rugby cricket cycling running swimming fishing hunting
skateboard snowboard surfing climbing yankees cowboys steelers packers patriots lakers bulls celtics liverpool arsenal
chelsea manchester everton tottenham barcelona realmadrid juventus milan bayern dortmund schalke ajax galatasaray
fenerbahce flamengo corinthians palmeiras bocajuniors champion winner player gamer gaming minecraft fortnite pokemon
pikachu nintendo playstation xbox zelda mario sonic warcraft starcraft diablo callofduty battlefield roblox hunter
warrior ninja samurai knight wizard dragon dragons tiger lion panther eagle falcon hawk wolf wolves bear monkey
monkeys horse horses pony unicorn dolphin shark turtle rabbit bunny kitten kitty puppy doggy doggie hamster chicken
penguin elephant giraffe spider scorpion cobra phoenix snoopy garfield scooby mickey minnie donald disney pooh tigger
simba nemo stitch batman superman spiderman ironman wolverine hulk thor captain avengers marvel joker robin gandalf
frodo aragorn legolas hobbit starwars skywalker vader yoda jedi chewbacca startrek spock matrix neo trinity harrypotter
potter hermione hogwarts gryffindor slytherin twilight vampire naruto sasuke goku dragonball onepiece pirate pirates
guitar piano drummer music musical rockstar rocknroll metallica nirvana slipknot eminem tupac biggie beatles madonna
michael jackson elvis queenie rihanna beyonce taylor swift bieber london paris berlin madrid roma rome lisbon amsterdam
brussels vienna zurich prague warsaw moscow istanbul newyork chicago boston dallas houston phoenixaz seattle miami
orlando california texas florida arizona hawaii america canada mexico brazil brasil argentina england scotland ireland
france germany deutschland italia italy espana spain portugal turkey russia poland china japan korea india pakistan
australia africa europe world mercedes ferrari porsche lamborghini toyota honda nissan mustang camaro corvette chevy
chevrolet ford dodge harley davidson yamaha suzuki kawasaki bmw audi volkswagen google facebook instagram twitter
youtube linkedin amazon netflix spotify microsoft windows apple iphone samsung android linux ubuntu oracle cisco
chocolate cookie cookies cupcake banana orange apples cherry strawberry peaches pepper peanut coffee cheese pizza burger
whiskey vodka tequila beer corona money dollar dollars millionaire rich lucky fortune casino poker blackjack diamond
silver golden platinum crystal purple yellow green black white blue red pink black-white shadow darkness light lightning
thunder storm fire ice water ocean mountain river forest island desert space galaxy planet jupiter saturn mercury venus
earth moon moonlight star stars starlight sunflower heaven hell devil demon satan lucifer jesus jesuschrist christ god
godisgood godislove blessed faith grace hope peace freedom liberty justice victory power powerful strong strength
alexander alexandra alexandre andrea andreas andrew angela anna annika anthony antonio ashley barbara benjamin bernard
brandon brian carlos carolina caroline catherine charles charlie charlotte chris christian christina christopher
claudia daniel daniela danielle david diana dominic edward elizabeth emily emma eric fernando francesco francisco
frank gabriel george giovanni hannah heather helena isabella jacob james jasmine jason jennifer jeremy jessica joanna
johannes john johnny jonathan jordan jorge jose joseph joshua juan julia julian karin katarina katherine kevin kimberly
laura lauren leonardo lisa lorenzo louise lucas madison manuel marco maria mariana marie mark martin martina matthew
maximilian melissa michelle miguel mohamed mohammed monica muhammad natalie natasha nathan nicholas nicole oliver olivia
patricia patrick paul pedro peter philip rachel rafael rebecca ricardo richard robert roberto rodrigo samantha samuel
sandra sarah sebastian sergio sophia sophie stefan stephanie stephen steven susan svetlana teresa thomas tiffany valentina
vanessa veronica victor victoria vincent vladimir wilhelm william zachary
qwerty qwertz azerty asdfgh zxcvbn qazwsx asdf zxcv qwer abcdef abcd abc abc123 a1b2c3 1q2w3e 1q2w3e4r 1qaz2wsx zaq12wsx
q1w2e3r4 trustno1 n0thing access14 whatthe fuckyou fuckoff fuckme bullshit asshole badass sexy sexygirl hotgirl hottie
bigboy badboy badgirl goodboy goodgirl crazy loser stupid idiot killer hacker hacked hackme blink182 superstar
supernova superhero rockyou myspace single taken married wedding marriage teacher student school college university
doctor nurse soldier army navy marine marines police firefighter pilot sailor engineer developer programmer
`
  .trim()
  .split(/\s+/)
  .map((word) => word.normalize('NFC'))

/** Words so common that people put two of them together. */
export const COMMONEST: readonly string[] = `
password secret admin administrator root user test guest login welcome hello letmein changeme master default access
iloveyou love loveyou baby angel princess sunshine summer winter spring autumn monkey dragon tiger football baseball
soccer hockey superman batman starwars pokemon shadow killer computer internet server system security company office
qwerty qwertz azerty asdfgh zxcvbn abc abcd abcdef money lucky happy forever always family friends jesus freedom
michael jennifer daniel jessica thomas maria anna david robert charlie london paris berlin madrid america england
monday friday january december christmas birthday holiday purple orange silver golden diamond chocolate cookie flower
butterfly rainbow beautiful hunter warrior ninja google facebook windows apple samsung mercedes ferrari mustang
123 1234 12345 123456 1234567 12345678 123456789 1234567890 111111 000000 123123 654321 666666 121212 112233 987654321
`
  .trim()
  .split(/\s+/)

/** Sentences everybody knows, without spaces. They satisfy any length and are tried early. */
export const SENTENCES: readonly string[] = `
correct horse battery staple|tr0ub4dor and 3|the quick brown fox|the quick brown fox jumps|the quick brown fox jumps over the lazy dog|jumps over the lazy dog
may the force be with you|i am your father|luke i am your father|a long time ago in a galaxy far far away|live long and prosper|beam me up scotty|to infinity and beyond
to be or not to be|to be or not to be that is the question|romeo and juliet|all the worlds a stage|once upon a time|happily ever after|and they lived happily ever after
in the beginning was the word|in the beginning god created|the lord is my shepherd|our father who art in heaven|jesus is my savior|jesus loves me|jesus is lord|god is good all the time|god bless america|in god we trust|i love jesus christ
i love my family|i love my mother|i love my mom|i love my dad|i love my baby|i love my husband|i love my wife|i love my children|i love my dog|i love my cat|i love you so much|i love you forever|i love you always|i love you baby|i love you more|i love my boyfriend|i love my girlfriend|i will always love you|all you need is love|love is all you need|i hate you so much|i miss you so much|i hate passwords|i hate my job|i hate my life|i forgot my password|i dont know my password|i have no password|i am the best|i am awesome|i am a god
my password is password|this is my password|this is a password|this is my new password|this is not a password|not my password|what is my password|what is the password|password is password|the password is password|enter your password|enter password here|your password here|my secret password|my super secret password|super secret password|very secret password|very strong password|a very strong password|this is a strong password|strong password|secure password|my secure password|another password|yet another password|please let me in|let me in please|let me in now|open the door|open sesame|give me access|access granted|access denied|nobody knows this|nobody will guess this|you shall not pass|you will never guess|you will never know|try to guess this|guess my password|cant guess this|dont forget this|do not forget this|never forget this|remember this password|easy to remember|hard to guess|hard to remember
change me please|please change me|change this password|change me now|change on install|change after login|default password|temporary password|temp password|initial password|welcome to the jungle|welcome to my world|welcome home|hello world|hello kitty|hello my name is|hello my friend|good morning vietnam|have a nice day|have a good day|happy new year|merry christmas|happy birthday to you|happy birthday
never gonna give you up|never gonna let you down|dont worry be happy|let it be|hey jude|yellow submarine|stairway to heaven|hotel california|bohemian rhapsody|smells like teen spirit|highway to hell|back in black|enter sandman|nothing else matters|master of puppets|living on a prayer|sweet child of mine|november rain|another brick in the wall|wish you were here|dark side of the moon|purple rain|billie jean|thriller night|imagine all the people|i want it that way|bad romance|shape of you|rolling in the deep
winter is coming|you know nothing jon snow|valar morghulis|game of thrones|breaking bad|the walking dead|the big bang theory|how i met your mother|the lord of the rings|one ring to rule them all|my precious|harry potter and the philosophers stone|expecto patronum|avada kedavra|the matrix has you|there is no spoon|ill be back|hasta la vista baby|say hello to my little friend|houston we have a problem|show me the money|life is like a box of chocolates|run forrest run|why so serious|with great power comes great responsibility|i am batman|i am iron man|i am groot|avengers assemble|wakanda forever|just do it|think different|im lovin it|have a break|carpe diem|hakuna matata|que sera sera|vini vidi vici|veni vidi vici|cogito ergo sum|semper fidelis|e pluribus unum|liberte egalite fraternite|la vida loca|mi casa es su casa|te amo mucho|te quiero mucho|ich liebe dich|ich liebe dich so sehr|je taime|je taime mon amour|ti amo tanto|eu te amo|mein passwort|das ist mein passwort|passwort vergessen|kein passwort|mot de passe|mi contrasena|la mia password
one two three four five|one two three four|onetwothreefourfivesix|eins zwei drei vier|uno dos tres cuatro|un deux trois quatre|red green blue yellow|monday tuesday wednesday|january february march|spring summer autumn winter|alpha bravo charlie delta|alpha beta gamma delta|abcdefg hijklmnop|twinkle twinkle little star|mary had a little lamb|humpty dumpty|jack and jill|row row row your boat|jingle bells jingle bells|silent night|old macdonald had a farm|the wheels on the bus
liverpool football club|you will never walk alone|youll never walk alone|manchester united|manchester city|real madrid|fc barcelona|bayern munchen|new york yankees|dallas cowboys|los angeles lakers|golden state warriors|new york city|los angeles|san francisco|las vegas nevada|united states of america|united kingdom|great britain|make america great again|hello darkness my old friend|knowledge is power|time is money|money is power|live laugh love|love peace and harmony|peace and love|work hard play hard|no pain no gain|never give up|never say never|keep calm and carry on|follow your dreams|dream big|best friends forever|friends forever|family is everything|only god can judge me|trust no one|trust in god|thank you jesus|praise the lord
`
  .trim()
  .split(/[|\n]/)
