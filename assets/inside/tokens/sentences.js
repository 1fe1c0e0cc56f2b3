/**
 * One sentence in several languages, and in code: the beginning of the first article of the Universal Declaration of
 * Human Rights (United Nations 1948).
 *
 * @type {{name: string, shown: string, lang: string, isSpaced?: boolean, text: string}[]}  `shown` is the name on the page, and `isSpaced` is false where words have no spaces
 *   between them
 */

import { t } from "../../common/language.js";
export const SENTENCES = [
  { name: "English", shown: t("English"), lang: "en", text: "All human beings are born free and equal in dignity and rights." },
  { name: "German", shown: t("German"), lang: "de", text: "Alle Menschen sind frei und gleich an Würde und Rechten geboren." },
  { name: "French", shown: t("French"), lang: "fr", text: "Tous les êtres humains naissent libres et égaux en dignité et en droits." },
  { name: "Spanish", shown: t("Spanish"), lang: "es", text: "Todos los seres humanos nacen libres e iguales en dignidad y derechos." },
  { name: "Polish", shown: t("Polish"), lang: "pl", text: "Wszyscy ludzie rodzą się wolni i równi pod względem swej godności i swych praw." },
  { name: "Turkish", shown: t("Turkish"), lang: "tr", text: "Bütün insanlar hür, haysiyet ve haklar bakımından eşit doğarlar." },
  { name: "Swahili", shown: t("Swahili"), lang: "sw", text: "Watu wote wamezaliwa huru, hadhi na haki zao ni sawa." },
  { name: "Russian", shown: t("Russian"), lang: "ru", text: "Все люди рождаются свободными и равными в своём достоинстве и правах." },
  { name: "Greek", shown: t("Greek"), lang: "el", text: "Όλοι οι άνθρωποι γεννιούνται ελεύθεροι και ίσοι στην αξιοπρέπεια και τα δικαιώματα." },
  { name: "Arabic", shown: t("Arabic"), lang: "ar", text: "يولد جميع الناس أحراراً متساوين في الكرامة والحقوق." },
  { name: "Hindi", shown: t("Hindi"), lang: "hi", text: "सभी मनुष्यों को गौरव और अधिकारों के मामले में जन्मजात स्वतन्त्रता और समानता प्राप्त है।" },
  { name: "Chinese", shown: t("Chinese"), lang: "zh", isSpaced: false, text: "人人生而自由，在尊严和权利上一律平等。" },
  { name: "Japanese", shown: t("Japanese"), lang: "ja", isSpaced: false, text: "すべての人間は、生まれながらにして自由であり、かつ、尊厳と権利とについて平等である。" },
  { name: "Korean", shown: t("Korean"), lang: "ko", text: "모든 인간은 태어날 때부터 자유로우며 그 존엄과 권리에 있어 동등하다." },
  { name: "Thai", shown: t("Thai"), lang: "th", isSpaced: false, text: "มนุษย์ทั้งหลายเกิดมามีอิสระและเสมอภาคกันในเกียรติศักดิ์และสิทธิ" },
  {
    name: "Python",
    shown: "Python",
    lang: "en",
    text: 'for being in human_beings:\n    assert being.born_free and being.dignity == being.rights == "equal"',
  },
  { name: "JSON", shown: "JSON", lang: "en", text: '{"who": "all human beings", "born": ["free", "equal"], "in": ["dignity", "rights"]}' },
];
