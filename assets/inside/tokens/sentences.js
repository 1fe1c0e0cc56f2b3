/**
 * One sentence in several languages, and in code: the beginning of the first article of the Universal Declaration of
 * Human Rights (United Nations 1948).
 *
 * @type {{name: string, lang: string, isSpaced?: boolean, text: string}[]}  `isSpaced` is false where words have no spaces
 *   between them
 */
export const SENTENCES = [
  { name: "English", lang: "en", text: "All human beings are born free and equal in dignity and rights." },
  { name: "German", lang: "de", text: "Alle Menschen sind frei und gleich an Würde und Rechten geboren." },
  { name: "French", lang: "fr", text: "Tous les êtres humains naissent libres et égaux en dignité et en droits." },
  { name: "Spanish", lang: "es", text: "Todos los seres humanos nacen libres e iguales en dignidad y derechos." },
  { name: "Polish", lang: "pl", text: "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw." },
  { name: "Turkish", lang: "tr", text: "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar." },
  { name: "Swahili", lang: "sw", text: "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa." },
  { name: "Russian", lang: "ru", text: "Все люди рождаются свободными и равными в своём достоинстве и правах." },
  { name: "Greek", lang: "el", text: "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα." },
  { name: "Arabic", lang: "ar", text: "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق." },
  { name: "Hindi", lang: "hi", text: "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।" },
  { name: "Chinese", lang: "zh", isSpaced: false, text: "人人生而自由，在尊严和权利上一律平等。" },
  { name: "Japanese", lang: "ja", isSpaced: false, text: "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。" },
  { name: "Korean", lang: "ko", text: "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다." },
  { name: "Thai", lang: "th", isSpaced: false, text: "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ" },
  {
    name: "Python",
    lang: "en",
    text: 'for being in human_beings:\n    assert being.born_free and being.dignity == being.rights == "equal"',
  },
  { name: "JSON", lang: "en", text: '{"who": "all human beings", "born": ["free", "equal"], "in": ["dignity", "rights"]}' },
];
